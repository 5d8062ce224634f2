//! Any bytes are a network that answers with numbers, or are refused with the cause.

#![no_main]

use anagen::field::Field;
use anagen::photo::Photo;
use anagen::segment::View;
use anagen::segment::learned::Model;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    match Model::from_bytes(bytes) {
        Ok(model) => {
            let shade = |i: usize| ((7 * (i / 34) + 3 * (i % 34)) % 5) as u8;
            let photo = Photo::from_rgb8(34, 21, (0..34 * 21).map(|i| [90, 150, 120].map(|level| level + 5 * shade(i))).collect());
            let (field, _) = Field::find(&photo, None, None, None);
            let answer = model.answer(View::of(&photo, &field, 1.0).colors);
            let planes = [&answer.hair, &answer.center, &answer.root, &answer.tip];
            for plane in planes.into_iter().chain(&answer.to_root).chain(&answer.to_tip) {
                assert_eq!(plane.dim(), answer.light.dim());
                assert!(plane.iter().all(|value| (-1.0..=1.0).contains(value)));
            }
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
