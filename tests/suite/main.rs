//! The one integration binary.

mod calibration;
mod decode;
