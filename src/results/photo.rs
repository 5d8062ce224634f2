//! The result of one photo, as written: `anagen/photo/1`.

use crate::analyze::{Analysis, Settings};
use crate::calibration::Calibration;
use crate::field::{BorderRule, CountedRegion, Field};
use crate::follicle::Unit;
use crate::geometry::{Point, Polygon, Polyline, Rect};
use crate::measure::{Cuts, Measurement, ThicknessClass};
use crate::photo::Caveat;
use crate::strand::{End, Estimate, Strand, Tone, Width};
use crate::units::{Micrometers, Millimeters, Pixels, SquareCentimeters};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The version of a photo's result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum PhotoSchema {
    /// The first.
    #[serde(rename = "anagen/photo/1")]
    V1,
}

/// What one photo gave: the content of `photos/<relative path>.json`. Numbers are rounded far below what they resolve.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PhotoResult {
    /// The version of the contract.
    pub schema: PhotoSchema,
    /// Which photo it was.
    pub photo: Identity,
    /// Its scale; without one no length in µm or mm and no area in cm² is written.
    pub calibration: Option<Calibration>,
    /// The counted part of the skin.
    pub field: FieldResult,
    /// How sharp the photo is, and how thin a hair it lets measure; `None` where no hair tells.
    pub blur: Option<BlurResult>,
    /// Every traced shaft.
    pub strands: Vec<StrandResult>,
    /// Strands grouped by ostium.
    pub units: Vec<UnitResult>,
    /// The catalogue; without a scale, only what needs none.
    pub measurements: Vec<Measurement>,
    /// What a reader of the numbers should know.
    pub caveats: Vec<Caveat>,
    /// The cuts behind each strand's class; `None` without a scale.
    pub cuts: Option<Cuts>,
    /// What made this result, so that a later run knows whether it still holds.
    pub made_by: MadeBy,
}

/// Which photo a result is of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Identity {
    /// Its relative path in the input, with forward slashes.
    pub path: String,
    /// The hash of the file's bytes, in hexadecimal.
    pub sha256: String,
    /// Pixels from left to right, once upright.
    pub width_px: usize,
    /// Pixels from top to bottom, once upright.
    pub height_px: usize,
    /// When it was taken, in the camera's own time; the date alone where only that is known.
    pub taken_at: Option<String>,
    /// Whose scalp, by the folders.
    pub subject: Option<String>,
    /// Which place on the scalp, by the name.
    pub site: Option<String>,
}

/// The counted part of the skin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FieldResult {
    /// Its area in square pixels.
    pub area_px: f64,
    /// Its area on the skin.
    pub area_cm2: Option<SquareCentimeters>,
    /// When a hair at its edge counts.
    pub border_rule: BorderRule,
    /// The outline of its largest part, holes not drawn.
    pub polygon: Polygon,
    /// Every part of it, with its holes.
    #[serde(default)]
    pub regions: Vec<RegionResult>,
}

/// One connected part of the counted skin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RegionResult {
    /// Its outer outline.
    pub outline: Polygon,
    /// The outlines of what is left out within it: glare, blur, captions.
    pub holes: Vec<Polygon>,
}

/// The photo's blur, read from its hairs' own edges.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BlurResult {
    /// The standard deviation of the point spread of optics, focus and pixels.
    pub point_spread_px: Pixels,
    /// How much it differs from hair to hair: a standard deviation, as a share of it.
    pub variation: f64,
    /// The smallest width that can be trusted: hairs found thinner have no thickness but a bound, `thickness_below_um`.
    pub smallest_trusted_width_px: Pixels,
    /// The same on the skin.
    pub smallest_trusted_thickness_um: Option<Micrometers>,
}

/// One traced shaft.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StrandResult {
    /// Its number within the photo.
    pub id: usize,
    /// Where it leaves the skin.
    pub root: Point,
    /// Its other end.
    pub tip: Point,
    /// What was seen at the root.
    pub root_end: End,
    /// What was seen at the tip.
    pub tip_end: End,
    /// From root to tip.
    pub centerline: Polyline,
    /// Its width.
    pub width_px: Option<Pixels>,
    /// Its width on the skin.
    pub thickness_um: Option<Micrometers>,
    /// One standard deviation of `thickness_um`, with what may be wrong that no fit knows, two hairs traced as one above all: 1.96 of it hold the truth of
    /// 95 % of drawn hair. The scale's uncertainty, shared by all strands, is left out.
    pub thickness_standard_error_um: Option<Micrometers>,
    /// The likeliest thickness of a hair of which it is known too little to be `thickness_um`; `None` where that is given, or nothing is known.
    #[serde(default)]
    pub thickness_estimate_um: Option<Micrometers>,
    /// One standard deviation of `thickness_estimate_um`.
    #[serde(default)]
    pub thickness_estimate_standard_error_um: Option<Micrometers>,
    /// The bound that the hair is thinner than, where it is thinner than can be trusted at this scale and blur and so has no thickness.
    #[serde(default)]
    pub thickness_below_um: Option<Micrometers>,
    /// Change of thickness per millimeter from root to tip, a pointed end left out.
    pub taper_um_per_mm: Option<f64>,
    /// The clean places its width rests on.
    pub samples: usize,
    /// Along the centerline.
    pub length_mm: Option<Millimeters>,
    /// Direction from root to tip in degrees, 0 to 360: 0 is to the right, 90 is up.
    pub angle_deg: Option<f64>,
    /// By the cuts named in this file. A hair known by `thickness_below_um` alone is vellus where that is no more than the cut, and else has none.
    pub class: Option<ThicknessClass>,
    /// Against its skin.
    pub tone: Tone,
    /// The follicular unit it grows from.
    pub unit: Option<usize>,
    /// The estimated chance that it is one hair, rightly traced; 0 to 1.
    pub confidence: f64,
    /// Whether its root lies in the field, by the border rule.
    pub counted: bool,
}

/// One or more hairs from one ostium.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UnitResult {
    /// Its number within the photo.
    pub id: usize,
    /// Where its hairs leave the skin.
    pub ostium: Point,
    /// The ids of its strands, ascending.
    pub strands: Vec<usize>,
}

/// What made a result. With the photo's own hash it decides whether the result still holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MadeBy {
    /// The version of anagen.
    pub version: String,
    /// The hash of the detector's weights; `None` for a detector without any.
    pub model_sha256: Option<String>,
    /// The hash of everything else that decides the result: options and the folder's `anagen.toml`.
    pub settings_sha256: String,
}

/// The SHA-256 of some bytes, in hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

impl PhotoResult {
    /// The result of a photo's analysis, as it will be written.
    pub fn new(photo: Identity, analysis: &Analysis, settings: &Settings, made_by: MadeBy) -> Self {
        let scale = analysis.calibration;
        Self {
            schema: PhotoSchema::V1,
            calibration: scale.map(|c| Calibration {
                um_per_px: rounded(c.um_per_px, 6),
                standard_uncertainty: rounded(c.standard_uncertainty, 6),
                ..c
            }),
            field: FieldResult {
                area_px: rounded(analysis.field.area_px, 1),
                area_cm2: scale.and_then(|c| significant(c.square_centimeters(analysis.field.area_px).0)).map(SquareCentimeters),
                border_rule: analysis.field.border_rule,
                polygon: Polygon::new(points(&analysis.field.polygon.corners)),
                regions: regions(&analysis.field, &photo),
            },
            blur: analysis.blur.as_ref().map(|blur| BlurResult {
                point_spread_px: Pixels(rounded(blur.sigma.0, 3)),
                variation: rounded(blur.variation, 3),
                smallest_trusted_width_px: Pixels(rounded(blur.smallest_trusted().0, 2)),
                smallest_trusted_thickness_um: scale.map(|c| Micrometers(rounded(c.micrometers(blur.smallest_trusted()).0, 2))),
            }),
            strands: analysis.strands.iter().map(|strand| StrandResult::new(strand, analysis, &settings.cuts)).collect(),
            units: analysis
                .units
                .iter()
                .map(|unit| UnitResult { id: unit.id, ostium: point(unit.ostium), strands: unit.strands.clone() })
                .collect(),
            measurements: analysis.measurements.iter().filter(|m| scale.is_some() || !needs_scale(&m.unit)).map(measurement).collect(),
            caveats: analysis.caveats.iter().map(caveat).collect(),
            cuts: scale.map(|_| settings.cuts),
            photo,
            made_by,
        }
    }

    /// The strands as they were traced, but for what the result does not keep of their widths.
    pub fn traced(&self) -> Vec<Strand> {
        self.strands.iter().map(|strand| strand.traced(self.calibration.as_ref())).collect()
    }

    /// The follicular units.
    pub fn grouped(&self) -> Vec<Unit> {
        self.units.iter().map(|unit| Unit { id: unit.id, ostium: unit.ostium, strands: unit.strands.clone() }).collect()
    }

    /// The value of a measurement by its name, where it is known.
    pub fn measured(&self, name: &str) -> Option<f64> {
        self.measurements.iter().find(|m| m.name == name).and_then(|m| m.value)
    }
}

impl FieldResult {
    /// The counted parts, to about a cell of the field's grid; the largest alone, without its holes, of a result that holds no more.
    pub fn counted(&self) -> Vec<CountedRegion> {
        if self.regions.is_empty() {
            return vec![CountedRegion { outline: self.polygon.clone(), holes: vec![] }];
        }
        self.regions.iter().map(|part| CountedRegion { outline: part.outline.clone(), holes: part.holes.clone() }).collect()
    }
}

impl StrandResult {
    fn new(strand: &Strand, analysis: &Analysis, cuts: &Cuts) -> Self {
        let scale = analysis.calibration;
        let width = strand.width.filter(|width| !width.blur_dominated);
        let thickness = scale.zip(width).map(|(c, width)| c.micrometers(width.value));
        let estimated = |of: fn(Estimate) -> Pixels, decimals| {
            scale.zip(strand.estimate).map(|(c, estimate)| Micrometers(rounded(c.micrometers(of(estimate)).0, decimals)))
        };
        Self {
            id: strand.id,
            root: point(strand.root()),
            tip: point(strand.tip()),
            root_end: strand.root_end,
            tip_end: strand.tip_end,
            centerline: Polyline::new(points(&strand.centerline.points)),
            width_px: width.map(|width| Pixels(rounded(width.value.0, 3))),
            thickness_um: thickness.map(|t| Micrometers(rounded(t.0, 2))),
            thickness_standard_error_um: scale.zip(width).map(|(c, width)| Micrometers(rounded(c.micrometers(width.standard_error).0, 3))),
            thickness_estimate_um: estimated(|estimate| estimate.value, 2),
            thickness_estimate_standard_error_um: estimated(|estimate| estimate.standard_error, 3),
            thickness_below_um: scale
                .zip(strand.width.filter(|width| width.blur_dominated))
                .map(|(c, width)| Micrometers(rounded(c.micrometers(width.value).0, 2))),
            // A width changes by as many micrometers to a millimeter as by pixels to a thousand.
            taper_um_per_mm: scale.zip(width).map(|(_, width)| rounded(1000.0 * width.taper, 1)),
            samples: strand.width.map_or(0, |width| width.samples),
            length_mm: scale.map(|c| Millimeters(rounded(c.millimeters(Pixels(strand.centerline.length())).0, 4))),
            // The photo's y grows downwards, and angles are counted as seen.
            angle_deg: strand.direction().map(|d| rounded((-d.y).atan2(d.x).to_degrees(), 1).rem_euclid(360.0)),
            class: scale.zip(strand.width).and_then(|(c, width)| cuts.class_of(&width, &c)),
            tone: strand.tone,
            unit: analysis.units.iter().find(|unit| unit.strands.contains(&strand.id)).map(|unit| unit.id),
            confidence: rounded(strand.confidence, 3),
            counted: strand.is_counted(&analysis.field),
        }
    }
}

/// Of a width whose precision was not written: as a share of the width, what clean shafts have.
const USUAL_PRECISION: f64 = 0.03;

impl StrandResult {
    fn traced(&self, scale: Option<&Calibration>) -> Strand {
        let error = self.thickness_standard_error_um.zip(scale).map(|(error, scale)| scale.pixels(error));
        let width = self.width_px.map(|value| Width {
            value,
            standard_error: error.unwrap_or(value * USUAL_PRECISION),
            fit_error: error.unwrap_or(value * USUAL_PRECISION),
            samples: self.samples,
            taper: 0.0,
            core: false,
            blur_dominated: false,
        });
        let pixels = |thickness: Option<Micrometers>| thickness.zip(scale).map(|(thickness, scale)| scale.pixels(thickness));
        let estimate = pixels(self.thickness_estimate_um).zip(pixels(self.thickness_estimate_standard_error_um));
        Strand {
            id: self.id,
            centerline: self.centerline.clone(),
            root_end: self.root_end,
            tip_end: self.tip_end,
            width,
            estimate: estimate.map(|(value, standard_error)| Estimate { value, standard_error }),
            tone: self.tone,
            confidence: self.confidence,
        }
    }
}

/// Whether a unit of measurement (UCUM) means something on the skin only.
fn needs_scale(unit: &str) -> bool {
    ["um", "mm", "cm"].iter().any(|length| unit.contains(length))
}

fn measurement(m: &Measurement) -> Measurement {
    Measurement { value: m.value.and_then(significant), low: m.low.and_then(significant), high: m.high.and_then(significant), ..m.clone() }
}

pub(super) fn caveat(c: &Caveat) -> Caveat {
    let rect = |r: Rect| Rect { x: rounded(r.x, 1), y: rounded(r.y, 1), w: rounded(r.w, 1), h: rounded(r.h, 1) };
    Caveat { region: c.region.map(rect), ..c.clone() }
}

/// The counted parts, held to the photo: the last cells of the field's grid may reach beyond it.
fn regions(field: &Field, photo: &Identity) -> Vec<RegionResult> {
    let (right, bottom) = (photo.width_px as f64 - 0.5, photo.height_px as f64 - 0.5);
    let held = |ring: Polygon| {
        let corners = ring.corners.iter().map(|p| point(Point::new(p.x.clamp(-0.5, right), p.y.clamp(-0.5, bottom))));
        Polygon::new(corners.collect())
    };
    let parts = field.regions().into_iter();
    parts.map(|part| RegionResult { outline: held(part.outline), holes: part.holes.into_iter().map(held).collect() }).collect()
}

fn points(points: &[Point]) -> Vec<Point> {
    points.iter().copied().map(point).collect()
}

pub(super) fn point(p: Point) -> Point {
    Point::new(rounded(p.x, 2), rounded(p.y, 2))
}

/// To so many decimals, so that bytes do not hang on the last bits of a sum; never −0.
pub(super) fn rounded(value: f64, decimals: i32) -> f64 {
    let scale = 10f64.powi(decimals);
    (value * scale).round() / scale + 0.0
}

/// To six significant digits, whatever the measurement's size; what is not finite is not known.
pub(super) fn significant(value: f64) -> Option<f64> {
    if !value.is_finite() {
        return None;
    }
    if value == 0.0 {
        return Some(0.0);
    }
    let decimals = 5 - value.abs().log10().floor() as i32;
    // Through decimal text, since a power of ten beyond 22 is not exact.
    Some(if (0..=22).contains(&decimals) { rounded(value, decimals) } else { format!("{value:.5e}").parse().unwrap_or(value) })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::calibration::ScaleSource;
    use crate::follicle::Unit;
    use crate::geometry::{Point, Polygon};
    use crate::raster::Mask;
    use crate::strand::Width;

    /// One strand going up and to the right, alone in a small photo.
    pub(crate) fn one_strand(um_per_px: Option<f64>) -> (Analysis, Settings) {
        let all = Mask::from_elem((30, 40), true);
        let corners = [[-0.5, -0.5], [39.5, -0.5], [39.5, 29.5], [-0.5, 29.5]].map(Point::from).to_vec();
        let polygon = Polygon::new(corners);
        let field = Field {
            counted: all.clone(),
            lined: Mask::from_elem(all.dim(), false),
            visible: all,
            step: 1.0,
            area_px: 1200.0,
            polygon,
            border_rule: BorderRule::RootInside,
        };
        let caveats = vec![];
        let density = |name: &str, unit: &str| Measurement {
            name: name.into(),
            value: Some(1.0 / 3.0),
            unit: unit.into(),
            low: Some(f64::NAN),
            high: None,
            level: 0.95,
            n: 1,
            method: "counted by hand".into(),
        };
        let calibration = um_per_px.map(|um_per_px| Calibration { um_per_px, standard_uncertainty: 0.0, source: ScaleSource::CommandLine });
        let strand = Strand {
            id: 0,
            centerline: Polyline::new(vec![Point::new(10.0, 20.0), Point::new(15.0, 15.0), Point::new(20.004, 9.996)]),
            root_end: End::Root,
            tip_end: End::Tip,
            width: Some(Width {
                value: Pixels(8.0),
                standard_error: Pixels(0.5),
                fit_error: Pixels(0.5),
                samples: 9,
                taper: 0.0,
                core: false,
                blur_dominated: false,
            }),
            estimate: None,
            tone: Tone::Dark,
            confidence: 0.87654,
        };
        let units = vec![Unit { id: 0, ostium: Point::new(10.0, 20.0), strands: vec![0] }];
        let measurements = vec![density("hair_count", "1"), density("hair_density", "/cm2"), density("thickness_mean", "um")];
        let settings = Settings {
            scale: calibration.map_or(crate::analyze::Scale::FromFile, crate::analyze::Scale::Known),
            roi: None,
            detector: crate::segment::Detector::Ridge,
            cuts: Cuts::default(),
        };
        (Analysis { calibration, field, blur: None, strands: vec![strand], units, measurements, caveats }, settings)
    }

    pub(crate) fn result(path: &str, um_per_px: Option<f64>) -> PhotoResult {
        let (analysis, settings) = one_strand(um_per_px);
        let identity = Identity {
            path: path.into(),
            sha256: sha256(path.as_bytes()),
            width_px: 40,
            height_px: 30,
            taken_at: None,
            subject: None,
            site: None,
        };
        let made_by = MadeBy { version: "0".into(), model_sha256: None, settings_sha256: String::new() };
        PhotoResult::new(identity, &analysis, &settings, made_by)
    }

    #[test]
    fn without_a_scale_nothing_in_um_mm_or_cm2_has_a_value() {
        let result = result("a.png", None);
        let strand = &result.strands[0];
        assert_eq!(
            (strand.thickness_um, strand.thickness_standard_error_um, strand.length_mm, strand.class, result.field.area_cm2, result.cuts),
            (None, None, None, None, None, None)
        );
        assert_eq!(result.measurements.iter().map(|m| m.name.as_str()).collect::<Vec<_>>(), ["hair_count"]);
        assert_eq!(strand.width_px, Some(Pixels(8.0)));
    }

    #[test]
    fn with_a_scale_lengths_stand_on_the_skin() {
        let result = result("a.png", Some(5.0));
        let strand = &result.strands[0];
        assert_eq!(strand.thickness_um, Some(Micrometers(40.0)));
        assert_eq!(strand.class, Some(ThicknessClass::Intermediate));
        assert_eq!(strand.thickness_standard_error_um, Some(Micrometers(2.5)));
        assert_eq!(result.field.area_cm2, Some(SquareCentimeters(0.0003)));
        assert_eq!(result.measurements.len(), 3);
    }

    #[test]
    fn a_hair_too_thin_to_be_measured_has_a_bound_and_a_class_where_that_tells_one() {
        let told = |um_per_px: Option<f64>| {
            let (mut analysis, settings) = one_strand(um_per_px);
            for width in analysis.strands.iter_mut().filter_map(|s| s.width.as_mut()) {
                width.blur_dominated = true;
            }
            let strand = StrandResult::new(&analysis.strands[0], &analysis, &settings.cuts);
            assert_eq!(
                (strand.width_px, strand.thickness_um, strand.thickness_standard_error_um, strand.taper_um_per_mm),
                (None, None, None, None)
            );
            (strand.class, strand.thickness_below_um)
        };
        // A strand of 8 px: thinner than 30 µm it is vellus, and thinner than 40 µm it may be so or not.
        assert_eq!(told(Some(3.75)), (Some(ThicknessClass::Vellus), Some(Micrometers(30.0))));
        assert_eq!(told(Some(5.0)), (None, Some(Micrometers(40.0))));
        assert_eq!(told(None), (None, None));
        assert_eq!(result("a.png", Some(5.0)).strands[0].thickness_below_um, None);
    }

    #[test]
    fn angle_counts_counter_clockwise_as_seen() {
        assert_eq!(result("a.png", None).strands[0].angle_deg, Some(45.0));
        for (tip, angle) in [((20.0, 20.0), 0.0), ((10.0, 10.0), 90.0), ((0.0, 20.0), 180.0), ((10.0, 30.0), 270.0), ((30.0, 20.0001), 0.0)]
        {
            let (mut analysis, settings) = one_strand(None);
            analysis.strands[0].centerline = Polyline::new(vec![Point::new(10.0, 20.0), Point::new(tip.0, tip.1)]);
            assert_eq!(StrandResult::new(&analysis.strands[0], &analysis, &settings.cuts).angle_deg, Some(angle), "{tip:?}");
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let result = result("a.png", Some(5.0));
        assert_eq!(serde_json::from_str::<PhotoResult>(&crate::results::json(&result)).unwrap(), result);
    }

    #[test]
    fn numbers_that_are_none_are_not_known() {
        let result = result("a.png", Some(5.0));
        assert_eq!((result.measurements[0].value, result.measurements[0].low), (Some(0.333333), None));
        assert_eq!(significant(1234567.0), Some(1234570.0));
        assert_eq!(significant(-0.0), Some(0.0));
        assert_eq!(significant(1.234567e-30), Some(1.23457e-30));
    }
}
