use super::*;
use crate::raster::Plane;
use rten::ValueOrView;
use rten_tensor::{NdTensor, NdTensorView};

const SHIPPED: &[u8] = include_bytes!("../../../models/stubble/weights.onnx");

/// What another engine answers to planes whose sides are multiples of 16.
fn expected(bytes: &[u8], given: &[Plane]) -> NdTensor<f32, 4> {
    let (rows, columns) = given[0].dim();
    let values: Vec<f32> = given.iter().flatten().copied().collect();
    let input = NdTensorView::from_data([1, given.len(), rows, columns], &values[..]);
    let engine = rten::Model::load(bytes.to_vec()).unwrap();
    engine.run_one(ValueOrView::from(input), None).unwrap().try_into().unwrap()
}

fn given(rows: usize, columns: usize) -> Vec<Plane> {
    (0..3).map(|c| Plane::from_shape_fn((rows, columns), |(y, x)| ((x * x * (c + 3) + y * 37 + x * y) % 101) as f32 / 25.0 - 3.0)).collect()
}

fn answered(network: &Network, given: &[Plane]) -> Vec<(usize, usize, Vec<f32>)> {
    let mut rows = vec![];
    let sides = given.first().map_or((0, 0), |plane| plane.dim());
    let give = |row: usize, channel: usize, values: &mut [f32]| values.copy_from_slice(given[channel].row(row).to_slice().unwrap());
    network.answer(sides, give, |row, channel, values| rows.push((row, channel, values.to_vec())));
    rows
}

#[test]
fn the_shipped_network_answers_as_another_engine_has_it() {
    let network = Network::from_onnx(SHIPPED).unwrap();
    for (rows, columns) in [(16, 16), (64, 208), (208, 64), (160, 176)] {
        let given = given(rows, columns);
        let (expected, found) = (expected(SHIPPED, &given), answered(&network, &given));
        assert_eq!(found.len(), rows / 2 * 8);
        for (row, channel, values) in found {
            assert_eq!(values.len(), columns / 2);
            for (column, value) in values.iter().enumerate() {
                let expected = expected[[0, channel, row, column]];
                assert!((value - expected).abs() < 2e-4, "{value}, not {expected}, in channel {channel} at {row}, {column}");
            }
        }
    }
}

#[test]
fn what_does_not_fill_its_blocks_is_filled_with_zeros() {
    let network = Network::from_onnx(SHIPPED).unwrap();
    let part = given(35, 51);
    let filled = |plane: &Plane| Plane::from_shape_fn((48, 64), |at| plane.get(at).copied().unwrap_or(0.0));
    let whole: Vec<Plane> = part.iter().map(filled).collect();
    let mut expected = answered(&network, &whole);
    expected.retain(|(row, ..)| *row < 18);
    assert_eq!(answered(&network, &part), expected);
}

#[test]
fn few_rows_are_held_at_a_time() {
    let network = Network::from_onnx(SHIPPED).unwrap();
    assert!(answered(&network, &[]).is_empty());
    assert_eq!(network.multiple(), 16);
    // What the rows held of all layers together show of what is given.
    let shown: usize = network.layers.iter().map(|layer| layer.reads(100).len() * layer.coarser.0).sum();
    assert!(shown < 600, "{shown} rows");
}

#[test]
fn a_network_cut_short_is_refused() {
    for end in (0..SHIPPED.len()).step_by(40_001) {
        assert!(Network::from_onnx(&SHIPPED[..end]).is_err(), "{end} bytes");
    }
}
