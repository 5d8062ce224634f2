//! Any bytes are a network that answers with numbers, or are refused with the cause.

#![no_main]

use anagen::raster::{Mask, Plane};
use anagen::segment::View;
use anagen::segment::learned::Model;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    match Model::from_bytes(bytes) {
        Ok(model) => {
            let sides = (21, 34);
            let light = [0.1, 0.3, 0.2].map(|level| Plane::from_shape_fn(sides, |(r, c)| level + 0.02 * ((7 * r + 3 * c) % 5) as f32));
            let answer = model.answer(View { factor: 1.0, light, visible: Mask::from_elem(sides, true) });
            let planes = [&answer.hair, &answer.center, &answer.root, &answer.tip];
            for plane in planes.into_iter().chain(&answer.to_root).chain(&answer.to_tip) {
                assert_eq!(plane.dim(), answer.light.dim());
                assert!(plane.iter().all(|value| (-1.0..=1.0).contains(value)));
            }
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
