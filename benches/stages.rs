//! How long each stage of an analysis takes on one drawn 5-megapixel field at 2.76 µm/px, and the whole of it. The unit to compare with is `decode`.

use anagen::analyze::{Scale, Settings, analyze};
use anagen::calibration::{Calibration, ScaleBar, ScaleSource};
use anagen::field::Field;
use anagen::follicle;
use anagen::measure::{self, Cuts};
use anagen::phantom::{self, Scene};
use anagen::photo::{Limits, Photo};
use anagen::segment::learned::Model;
use anagen::segment::{Detector, View, ridge, working_factor};
use anagen::strand::follow::follow;
use anagen::strand::trace::trace;
use anagen::strand::width;
use criterion::{Criterion, criterion_group, criterion_main};
use std::hint::black_box;

fn stages(criterion: &mut Criterion) {
    let drawn = phantom::draw(Scene::by_name("clipped").expect("a scene"), 1);
    let bytes = drawn.encode_jpeg(90);
    let scale = Calibration::stated(2.76, ScaleSource::CommandLine).expect("a plausible scale");
    let settings = Settings { scale: Scale::Known(scale), roi: None, detector: Detector::default(), cuts: Cuts::default() };

    let photo = Photo::decode(&bytes, &Limits::default()).expect("a photo");
    let bar = ScaleBar::find(&photo);
    let (field, _) = Field::find(&photo, bar.as_ref(), None, None);
    let factor = working_factor(&photo, &field, Some(&scale)).expect("a scale");
    let model = Model::shipped();
    let view = View::of(&photo, &field, factor);
    let seen = ridge::segment(view.lights.clone()).expect("skin");
    let answer = model.answer(view.colors.clone());
    let traced = trace(&seen, &field);
    let shafts: Vec<width::Shaft> = traced
        .iter()
        .map(|t| width::Shaft { centerline: &t.strand.centerline, tone: t.strand.tone, rough_width: Some(t.rough_width) })
        .collect();
    let analysis = analyze(&photo, &settings, |_| ());

    let mut group = criterion.benchmark_group("clipped field");
    group.sample_size(10);
    group.bench_function("decode", |b| b.iter(|| Photo::decode(black_box(&bytes), &Limits::default())));
    group.bench_function("calibrate", |b| b.iter(|| ScaleBar::find(black_box(&photo))));
    group.bench_function("field", |b| b.iter(|| Field::find(black_box(&photo), bar.as_ref(), None, None)));
    group.bench_function("view", |b| b.iter(|| View::of(black_box(&photo), &field, factor)));
    group.bench_function("segment, ridge", |b| b.iter(|| ridge::segment(black_box(view.lights.clone()))));
    group.bench_function("segment, network", |b| b.iter(|| model.answer(black_box(view.colors.clone()))));
    group.bench_function("trace", |b| b.iter(|| trace(black_box(&seen), &field)));
    group.bench_function("trace, learned", |b| b.iter(|| follow(black_box(&answer), vec![], &field)));
    group.bench_function("width", |b| b.iter(|| width::measure(black_box(&photo), &shafts, &|p| field.shows(p))));
    group.bench_function("group", |b| b.iter(|| follicle::group(black_box(&analysis.strands), Some(&scale))));
    group.bench_function("measure", |b| {
        b.iter(|| measure::catalogue(black_box(&analysis.strands), &analysis.units, &field, Some(&scale), &settings.cuts));
    });
    group.bench_function("whole photo", |b| b.iter(|| analyze(black_box(&photo), &settings, |_| ())));
    group.finish();
}

criterion_group!(benches, stages);
criterion_main!(benches);
