//! One photo, from pixels to measurements, top to bottom.

use crate::calibration::{Calibration, ScaleBar};
use crate::field::{Field, Roi};
use crate::follicle::{self, Unit};
use crate::geometry::{Point, Polyline};
use crate::measure::{self, Cuts, Measurement};
use crate::photo::{Caveat, CaveatCode, Photo};
use crate::segment::{COARSEST_UM_PER_PX, Detector, Lights, Tone, View, WORKING_UM, ridge, working_factor};
use crate::strand::ends::settled;
use crate::strand::follow::follow;
use crate::strand::trace::{Traced, trace};
use crate::strand::width::{self, Measured, PointSpread};
use crate::strand::{End, Strand, Untraced, Width};
use crate::units::{Micrometers, Millimeters, Pixels};
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

/// The stages of an analysis, in order, though one detector segments and traces after the other; told to the caller as each begins, who may time them.
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
    let shades = photo.shades();
    let bar = ScaleBar::find_on(&shades);
    let calibration = calibrate(photo, bar.as_ref(), &settings.scale, &mut caveats);
    caveats.extend(calibration.as_ref().and_then(coarse));

    begins(Stage::Field);
    let (field, of_field) = Field::find_on(photo, &shades, bar.as_ref(), settings.roi.as_ref(), calibration.as_ref());
    drop(shades);
    caveats.extend(of_field);

    begins(Stage::Segment);
    let factor = working_factor(photo, &field, calibration.as_ref());
    caveats.extend(factor.zip(calibration.as_ref()).and_then(|(factor, scale)| too_much_skin(factor, scale)));
    let mut untraced = None;
    let traced = match (&settings.detector, factor.map(|factor| View::of(photo, &field, factor))) {
        (_, None) => vec![],
        (Detector::Ridge, Some(view)) => by_ridges(view.lights, &field, &mut begins),
        (Detector::Learned(model), Some(View { lights, colors })) => {
            // One detector after the other, so that what the one holds is given up before the other begins.
            let ridges = by_ridges(lights, &field, &mut begins);
            begins(Stage::Segment);
            let answer = model.answer(colors);
            begins(Stage::Trace);
            let traced = follow(&answer, ridges, &field);
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
    let thicknesses = |scale: &Calibration| strands.iter().filter_map(|s| s.width).map(|w| scale.micrometers(w.value)).collect();
    caveats.extend(calibration.as_ref().and_then(|scale| implausible(thicknesses(scale), scale)));
    Analysis { calibration, field, blur, strands, units, measurements, caveats }
}

/// The strands that ridges show.
fn by_ridges(lights: Lights, field: &Field, begins: &mut impl FnMut(Stage)) -> Vec<Traced> {
    let seen = ridge::segment(lights);
    begins(Stage::Trace);
    seen.map_or(vec![], |seen| trace(&seen, field))
}

/// What a scale calls for at which thin hair is too few pixels wide.
fn coarse(calibration: &Calibration) -> Option<Caveat> {
    let um_per_px = calibration.um_per_px;
    let message = format!("at {um_per_px:.1} µm/px thin hair is less than two pixels wide and cannot be seen: is the scale right?");
    (um_per_px > COARSEST_UM_PER_PX).then_some(Caveat { code: CaveatCode::CoarseScale, message, region: None })
}

/// What so much skin calls for that hair can only be looked for on a coarser grid than usual, of so many photo pixels.
fn too_much_skin(factor: f64, calibration: &Calibration) -> Option<Caveat> {
    let um_per_px = factor * calibration.um_per_px;
    let message = format!(
        "at this scale the photo shows more skin than is looked at closely, so hair was looked for at {um_per_px:.1} µm a pixel: thin hair is missed. Is the scale right?"
    );
    let coarser = factor * calibration.um_per_px.min(COARSEST_UM_PER_PX) > 1.01 * WORKING_UM;
    coarser.then_some(Caveat { code: CaveatCode::CoarseScale, message, region: None })
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

/// The strands with their widths measured on the original pixels, their centerlines brought onto the middle and their ends to where they are.
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
    let survey = width::measure(photo, &shafts, &|p| field.shows(p));
    caveats.extend(survey.point_spread.as_ref().and_then(|blur| of_blur(blur, &survey.shafts, calibration)));
    let one_hair = calibration.and_then(|scale| thickest_hair(&survey.shafts, scale));
    let measured = traced
        .into_iter()
        .zip(survey.shafts)
        .filter(|(_, shaft)| shaft.band_of.is_none())
        .map(|(traced, shaft)| {
            // A smoothed line may lean out of the photo by a fraction of a width; nothing is seen there.
            let within = |p: &Point| Point::new(p.x.clamp(0.0, (photo.width() - 1) as f64), p.y.clamp(0.0, (photo.height() - 1) as f64));
            let centerline = Polyline::new(shaft.centerline.points.iter().map(within).collect());
            let width = shaft.width.filter(|width| one_hair.is_none_or(|thickest| width.value < thickest));
            let estimate = shaft.estimate().filter(|estimate| one_hair.is_none_or(|thickest| estimate.value < thickest));
            Traced { strand: Strand { width, estimate, centerline, ..traced.strand }, ..traced }
        })
        .collect();
    (settled(photo, measured).into_iter().map(|traced| traced.strand).collect(), survey.point_spread)
}

/// A width that no human hair has, unless the photo has another scale than is said, which so much thick hair then shows.
fn thickest_hair(shafts: &[Measured], calibration: &Calibration) -> Option<Pixels> {
    let mut widths: Vec<f64> = shafts.iter().filter_map(|s| s.width).map(|w| w.value.0).collect();
    widths.sort_by(f64::total_cmp);
    let upper_quarter = *widths.get(widths.len() * 3 / 4)?;
    let thickest = THICKEST_UM / calibration.um_per_px;
    (upper_quarter < thickest).then_some(Pixels(thickest))
}

/// Human hair is never thicker, in micrometers.
const THICKEST_UM: f64 = 150.0;

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

/// The share of what looks like hair along no strand beyond which a count misses most of it: of the hand-marked clipped fields 0.54 is left at most, of
/// drawn thickets of long hair 0.61 to all.
const MOST_UNTRACED: f64 = 0.6;

/// The share of the photo that looks like hair below which that may be anything.
const LEAST_HAIR: f64 = 0.01;

/// The share of light strands beyond which hair is light: the flakes and glints of dark-haired fields stay below 0.08, blond, grey and white hair
/// lies above 0.4.
const MOST_LIGHT: f64 = 0.2;

/// Between these lie the medians of thickness of photos of human hair, in micrometers: those of 133 hand-marked fields are 71 to 114.
const THINNEST_MEDIAN_UM: f64 = 12.0;
const THICKEST_MEDIAN_UM: f64 = 150.0;

/// The median of fewer hairs than this may be anything.
const FEWEST_MEASURED: usize = 5;

/// What a scale calls for by which hair is as thick as no human hair is.
fn implausible(mut thicknesses: Vec<Micrometers>, calibration: &Calibration) -> Option<Caveat> {
    thicknesses.sort_by(|a, b| a.0.total_cmp(&b.0));
    let median = thicknesses.get(thicknesses.len() / 2).filter(|_| thicknesses.len() >= FEWEST_MEASURED)?.0;
    let message = format!(
        "the hair in the middle would be {median:.0} µm thick, where that of human scalp hair is {THINNEST_MEDIAN_UM:.0} to \
         {THICKEST_MEDIAN_UM:.0} µm: is the scale of {:.2} µm/px right?",
        calibration.um_per_px
    );
    let human = (THINNEST_MEDIAN_UM..=THICKEST_MEDIAN_UM).contains(&median);
    (!human).then_some(Caveat { code: CaveatCode::ImplausibleScale, message, region: None })
}

/// What the strands themselves call for.
fn of_strands(strands: &[Strand], untraced: Option<Untraced>) -> Vec<Caveat> {
    let caveat = |code, message: &str| Caveat { code, message: message.into(), region: None };
    let mut caveats = vec![];
    let missed = untraced.filter(|untraced| untraced.hair > LEAST_HAIR && untraced.share > MOST_UNTRACED);
    let thicket = missed.is_some_and(|missed| missed.is_thicket());
    if thicket {
        caveats
            .push(caveat(CaveatCode::CrossingHair, "hair crosses so much here that most of it could not be traced: the count is too low"));
    } else if let Some(missed) = missed {
        let share = 100.0 * missed.share;
        caveats.push(caveat(
            CaveatCode::UntracedHair,
            &format!("{share:.0} % of what looks like hair here lies along no strand: the count is too low"),
        ));
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
            "much hair is lighter than its skin: its thickness rests on how much light such hair is taken to let through, and the intervals hold the truth less often than they say",
        ));
    }
    caveats
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calibration::ScaleSource;

    #[test]
    fn hair_as_thick_as_none_is_says_to_look_at_the_scale() {
        let scale = Calibration::stated(20.0, ScaleSource::CommandLine).unwrap();
        let code = |thickness: f64, hairs: usize| implausible(vec![Micrometers(thickness); hairs], &scale).map(|caveat| caveat.code);
        for (thickness, hairs, caveat) in
            [(300.0, 9, true), (300.0, 4, false), (5.0, 9, true), (20.0, 9, false), (114.0, 9, false), (300.0, 0, false)]
        {
            assert_eq!(code(thickness, hairs), caveat.then_some(CaveatCode::ImplausibleScale), "{hairs} of {thickness} µm");
        }
    }

    #[test]
    fn hair_left_untraced_is_said() {
        let codes = |hair: f64, share: f64| of_strands(&[], Some(Untraced { hair, share })).into_iter().map(|c| c.code).collect::<Vec<_>>();
        assert_eq!(codes(0.05, 0.8), [CaveatCode::UntracedHair]);
        assert_eq!(codes(0.3, 0.8), [CaveatCode::CrossingHair]);
        assert_eq!(codes(0.001, 0.8), [CaveatCode::NoHair]);
        assert_eq!(codes(0.05, 0.4), [CaveatCode::NoHair]);
    }

    #[test]
    fn no_hair_is_thicker_than_hair_ever_is_unless_the_scale_is_wrong() {
        let shaft = |px: f64| Measured {
            centerline: Polyline::new(vec![Point::new(0.0, 0.0), Point::new(50.0, 0.0)]),
            evidence: None,
            band_of: None,
            width: Some(Width {
                value: Pixels(px),
                standard_error: Pixels(0.1),
                fit_error: Pixels(0.1),
                samples: 9,
                taper: 0.0,
                core: false,
                blur_dominated: false,
            }),
        };
        let thickest = |widths: &[f64], um_per_px: f64| {
            let scale = Calibration::stated(um_per_px, ScaleSource::CommandLine).unwrap();
            thickest_hair(&widths.iter().map(|&px| shaft(px)).collect::<Vec<_>>(), &scale).map(|width| width.0)
        };
        assert_eq!(thickest(&[], 4.0), None);
        assert_eq!(thickest(&[30.0, 30.0, 30.0, 30.0, 30.0, 38.0], 4.9), Some(150.0 / 4.9));
        assert_eq!(thickest(&[30.0, 30.0, 30.0, 30.0, 30.0, 38.0], 8.0), None);
    }
}
