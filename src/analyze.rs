//! One photo, from pixels to measurements, top to bottom.

use crate::calibration::{Calibration, ScaleBar};
use crate::field::{Field, Roi};
use crate::follicle::{self, Unit};
use crate::geometry::{Point, Polyline};
use crate::measure::{self, Cuts, Measurement};
use crate::photo::{Caveat, CaveatCode, Photo};
use crate::segment::{COARSEST_UM_PER_PX, Detector, Tone, ridge, working_factor};
use crate::strand::follow::follow;
use crate::strand::trace::{Traced, trace};
use crate::strand::width::{self, Measured, PointSpread};
use crate::strand::{End, Strand, Untraced, Width};
use crate::units::Millimeters;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a photo's scale is to be found.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// As stated.
    Known(Calibration),
    /// By the scale bar burned into the photo, this long on the skin.
    Bar(Millimeters),
    /// By the physical resolution the file states, if it is a real one; else not at all.
    FromFile,
}

/// What decides an analysis, besides the photo.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Settings {
    /// How the scale is found.
    pub scale: Scale,
    /// The part to count in, in photo pixels; the whole skin by default.
    pub roi: Option<Roi>,
    /// Which detector finds the hair.
    pub detector: Detector,
    /// The thickness cuts.
    pub cuts: Cuts,
}

/// Everything found in one photo.
#[derive(Debug, Clone)]
pub struct Analysis {
    /// The scale, where one is known.
    pub calibration: Option<Calibration>,
    /// The counted part of the skin.
    pub field: Field,
    /// The photo's point spread, where a hair tells it.
    pub blur: Option<PointSpread>,
    /// Every traced shaft, ids ascending from 0.
    pub strands: Vec<Strand>,
    /// Strands grouped by ostium.
    pub units: Vec<Unit>,
    /// The catalogue, in its fixed order.
    pub measurements: Vec<Measurement>,
    /// What a reader of the numbers should know.
    pub caveats: Vec<Caveat>,
}

/// The stages of an analysis, in order; told to the caller as each begins, who may time them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Bytes to pixels.
    Decode,
    /// The scale.
    Calibrate,
    /// The counted part of the skin.
    Field,
    /// What each pixel is.
    Segment,
    /// Strands.
    Trace,
    /// Widths.
    Width,
    /// Follicular units.
    Group,
    /// The catalogue.
    Measure,
    /// The overlay and the page.
    Draw,
    /// Files.
    Write,
}

/// Analyzes one photo: a pure function of its pixels and the settings. `begins` is called as each stage begins.
pub fn analyze(photo: &Photo, settings: &Settings, mut begins: impl FnMut(Stage)) -> Analysis {
    begins(Stage::Calibrate);
    let mut caveats = photo.caveats().to_vec();
    let bar = ScaleBar::find(photo);
    let calibration = calibrate(photo, bar.as_ref(), &settings.scale, &mut caveats);
    caveats.extend(calibration.as_ref().and_then(coarse));

    begins(Stage::Field);
    let (field, of_field) = Field::find(photo, bar.as_ref(), settings.roi.as_ref());
    caveats.extend(of_field);

    begins(Stage::Segment);
    let factor = working_factor(photo, &field, calibration.as_ref());
    let mut untraced = None;
    let traced = match (&settings.detector, factor) {
        (_, None) => vec![],
        (Detector::Ridge, Some(factor)) => {
            let seen = ridge::segment(photo, &field, factor);
            begins(Stage::Trace);
            seen.map_or(vec![], |seen| trace(&seen, &field))
        }
        (Detector::Learned(model), Some(factor)) => {
            let answer = model.answer(photo, &field, factor);
            let seen = ridge::segment(photo, &field, factor);
            begins(Stage::Trace);
            let traced = follow(&answer, seen.map_or(vec![], |seen| trace(&seen, &field)), &field);
            untraced = Some(Untraced::of(&answer, &traced));
            traced
        }
    };

    begins(Stage::Width);
    let (strands, blur) = measured(photo, traced, &field, calibration.as_ref(), &mut caveats);

    begins(Stage::Group);
    let units = follicle::group(&strands, calibration.as_ref());

    begins(Stage::Measure);
    let measurements = measure::catalogue(&strands, &units, &field, calibration.as_ref(), &settings.cuts);
    caveats.extend(of_strands(&strands, untraced));
    Analysis { calibration, field, blur, strands, units, measurements, caveats }
}

/// What a scale calls for at which thin hair is too few pixels wide.
fn coarse(calibration: &Calibration) -> Option<Caveat> {
    let um_per_px = calibration.um_per_px;
    let message = format!("at {um_per_px:.1} µm/px thin hair is less than two pixels wide and cannot be seen: is the scale right?");
    (um_per_px > COARSEST_UM_PER_PX).then_some(Caveat { code: CaveatCode::CoarseScale, message, region: None })
}

/// The photo's scale, or a caveat that says why there is none.
fn calibrate(photo: &Photo, bar: Option<&ScaleBar>, scale: &Scale, caveats: &mut Vec<Caveat>) -> Option<Calibration> {
    let found = match *scale {
        Scale::Known(calibration) => Some(calibration),
        Scale::Bar(length) => {
            let found = bar.and_then(|bar| Calibration::from_scale_bar(bar, length).ok());
            if found.is_none() {
                let message = "no scale bar was found in this photo: run it again with --um-per-px, or without --scale-bar-mm and with its scale in anagen.toml".into();
                caveats.push(Caveat { code: CaveatCode::NoScaleBar, message, region: None });
            }
            found
        }
        Scale::FromFile => Calibration::from_acquisition(photo.acquisition()),
    };
    if found.is_none() {
        let message = "no scale is known: lengths are in pixels, and there is no density or thickness".into();
        caveats.push(Caveat { code: CaveatCode::Uncalibrated, message, region: None });
    }
    found
}

/// The strands with their widths measured on the original pixels and their centerlines brought onto the middle.
fn measured(
    photo: &Photo,
    traced: Vec<Traced>,
    field: &Field,
    calibration: Option<&Calibration>,
    caveats: &mut Vec<Caveat>,
) -> (Vec<Strand>, Option<PointSpread>) {
    if traced.is_empty() {
        return (vec![], None);
    }
    let shafts: Vec<width::Shaft> = traced
        .iter()
        .map(|t| width::Shaft { centerline: &t.strand.centerline, tone: t.strand.tone, rough_width: Some(t.rough_width) })
        .collect();
    let survey = width::measure(&photo.light_plane(), &shafts, &|p| field.shows(p));
    caveats.extend(survey.point_spread.as_ref().and_then(|blur| of_blur(blur, &survey.shafts, calibration)));
    let strands = traced
        .into_iter()
        .zip(survey.shafts)
        .map(|(traced, shaft)| {
            // A smoothed line may lean out of the photo by a fraction of a width; nothing is seen there.
            let within = |p: &Point| Point::new(p.x.clamp(0.0, (photo.width() - 1) as f64), p.y.clamp(0.0, (photo.height() - 1) as f64));
            let centerline = Polyline::new(shaft.centerline.points.iter().map(within).collect());
            Strand { width: shaft.width, centerline, ..traced.strand }
        })
        .collect();
    (strands, survey.point_spread)
}

/// What the blur calls for: which hairs were too thin for a figure, and whether it rules most of the others.
fn of_blur(blur: &PointSpread, shafts: &[Measured], calibration: Option<&Calibration>) -> Option<Caveat> {
    let least = blur.smallest_trusted();
    let size = calibration.map_or(format!("{:.1} px", least.0), |scale| format!("{:.1} µm", scale.micrometers(least).0));
    let widths: Vec<Width> = shafts.iter().filter_map(|s| s.width).collect();
    let below = widths.iter().filter(|w| w.blur_dominated).count();
    // Up to twice that, a width still rests on knowing the blur to a few percent.
    let near = widths.iter().filter(|w| w.value < least * 2.0).count();
    let message = match () {
        () if below > 0 => {
            let hairs = if below == 1 { "1 hair is".to_owned() } else { format!("{below} hairs are") };
            format!("{hairs} thinner than {size}, the least that can be trusted at this scale and blur, and counted without a thickness")
        }
        () if 2 * near > widths.len() => {
            format!("most hairs are close to {size}, the least thickness that can be trusted at this scale and blur")
        }
        () => return None,
    };
    Some(Caveat { code: CaveatCode::BlurDominates, message, region: None })
}

/// The share of strands with an end hidden under another hair beyond which a count is not to be trusted: clipped fields stay below 0.23,
/// thickets of long hair lie above 0.38, those of curled hair mostly above 0.3.
const MOST_HIDDEN: f64 = 0.25;

/// The share of the photo that hair covers, and the share of this along no strand, beyond which a count misses most of it: of clipped fields 0.54
/// is left at most, of thickets of long hair 0.61 to all.
const COVERED: f64 = 0.1;
const MOST_UNTRACED: f64 = 0.6;

/// The share of light strands beyond which hair is light: the flakes and glints of dark-haired fields stay below 0.08, blond, grey and white hair
/// lies above 0.4.
const MOST_LIGHT: f64 = 0.2;

/// What the strands themselves call for.
fn of_strands(strands: &[Strand], untraced: Option<Untraced>) -> Vec<Caveat> {
    let caveat = |code, message: &str| Caveat { code, message: message.into(), region: None };
    let mut caveats = vec![];
    let thicket = untraced.is_some_and(|untraced| untraced.hair > COVERED && untraced.share > MOST_UNTRACED);
    if thicket {
        caveats
            .push(caveat(CaveatCode::CrossingHair, "hair crosses so much here that most of it could not be traced: the count is too low"));
    } else if strands.is_empty() {
        caveats.push(caveat(CaveatCode::NoHair, "no hair was found"));
    }
    let hidden = strands.iter().filter(|s| s.root_end == End::Occluded || s.tip_end == End::Occluded).count();
    if !thicket && hidden as f64 > MOST_HIDDEN * strands.len() as f64 {
        caveats
            .push(caveat(CaveatCode::CrossingHair, "hair crosses so much here that some of it is traced in pieces: the count is too high"));
    }
    // Of two ends taken at random half would be right, so a confidence of little over a half says nothing of root and tip.
    let unclear = strands.iter().filter(|s| s.confidence < 0.5).count();
    if unclear * 2 > strands.len() {
        caveats.push(caveat(
            CaveatCode::DirectionUnclear,
            "root and tip could not be told apart for most strands: roots and units are uncertain",
        ));
    }
    let light = strands.iter().filter(|s| s.tone == Tone::Light).count();
    if light as f64 > MOST_LIGHT * strands.len() as f64 {
        caveats.push(caveat(
            CaveatCode::LightHair,
            "much hair is lighter than its skin: its thickness reads too thin, often by a quarter, beyond what the intervals allow for",
        ));
    }
    caveats
}
