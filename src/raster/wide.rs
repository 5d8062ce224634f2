//! Loops over pixels for the widest vectors a processor has.

use rten_simd::{Isa, SimdOp};

/// What `work` returns, compiled for the processor at hand.
///
/// Programs are built for the oldest processor they may meet, whose vectors hold four pixels; most hold eight or sixteen. The same operations
/// in the same order are rounded alike on each, so the result does not depend on which it was. Only what is inlined into `work` gains.
///
/// # Examples
/// ```
/// use anagen::raster::wide::widely;
/// let mut values = [1.5_f32; 100];
/// widely(#[inline(always)] || values.iter_mut().for_each(|v| *v *= 2.0));
/// assert_eq!(values, [3.0; 100]);
/// ```
pub fn widely<T>(work: impl FnOnce() -> T) -> T {
    struct Work<F>(F);
    impl<T, F: FnOnce() -> T> SimdOp for Work<F> {
        type Output = T;

        #[inline(always)]
        fn eval<I: Isa>(self, _: I) -> T {
            (self.0)()
        }
    }
    Work(work).dispatch()
}
