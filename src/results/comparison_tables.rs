//! Comparisons as tables (RFC 4180): one row per pair of photos, one per hair. Columns keep their names and their order.

use super::comparison::ComparisonResult;
use super::folder::{Folder, write_whole};
use super::tables::{Table, cell, text};
use crate::compare::{Fate, UnitFateKind};
use std::io;

const PAIR_COLUMNS: [&str; 13] = [
    "baseline",
    "follow_up",
    "subject",
    "site",
    "baseline_taken_at",
    "follow_up_taken_at",
    "days_between",
    "same_field",
    "chance_log10",
    "inliers",
    "residual_px",
    "overlap_cm2",
    "caveats",
];

/// The changes of `comparisons.csv`: name in the catalogue and the column's name, which says the unit.
const CHANGES: [(&str, &str); 15] = [
    ("hair_count", "hair_count"),
    ("hair_density", "hair_density_per_cm2"),
    ("follicular_unit_count", "follicular_unit_count"),
    ("follicular_unit_density", "follicular_unit_density_per_cm2"),
    ("hairs_per_unit_mean", "hairs_per_unit_mean"),
    ("single_hair_unit_share", "single_hair_unit_share"),
    ("thickness_mean", "thickness_mean_um"),
    ("thickness_median", "thickness_median_um"),
    ("vellus_share", "vellus_share"),
    ("hair_density_at_least_20um", "hair_density_at_least_20um_per_cm2"),
    ("hair_density_at_least_30um", "hair_density_at_least_30um_per_cm2"),
    ("hair_density_at_least_40um", "hair_density_at_least_40um_per_cm2"),
    ("hair_density_at_least_50um", "hair_density_at_least_50um_per_cm2"),
    ("hair_density_at_least_60um", "hair_density_at_least_60um_per_cm2"),
    ("cumulative_thickness", "cumulative_thickness_mm_per_cm2"),
];

const GROWTH_COLUMNS: [&str; 10] = [
    "growth_mm_per_day",
    "growth_mm_per_day_low",
    "growth_mm_per_day_high",
    "growth_n",
    "hairs_growing",
    "hairs_resting",
    "hairs_undetermined",
    "growing_share",
    "growing_share_low",
    "growing_share_high",
];

const FATE_COLUMNS: [&str; 19] = [
    "baseline",
    "follow_up",
    "fate",
    "reason",
    "baseline_id",
    "baseline_root_x_px",
    "baseline_root_y_px",
    "baseline_tip_x_px",
    "baseline_tip_y_px",
    "follow_up_id",
    "follow_up_root_x_px",
    "follow_up_root_y_px",
    "follow_up_tip_x_px",
    "follow_up_tip_y_px",
    "thickness_change_um",
    "thickness_change_standard_error_um",
    "length_change_mm",
    "phase",
    "confidence",
];

/// Writes `comparisons.csv` and `fates.csv`.
///
/// # Errors
/// When the disk refuses.
pub fn write_comparison_tables(folder: &Folder, comparisons: &[ComparisonResult]) -> io::Result<()> {
    let changes = CHANGES.iter().flat_map(|(_, column)| {
        ["baseline", "follow_up", "change", "change_low", "change_high", "detectable_change", "verdict"].map(|of| format!("{column}_{of}"))
    });
    let columns = PAIR_COLUMNS.iter().map(ToString::to_string);
    let columns = columns
        .chain(Fate::ALL.map(|fate| format!("hairs_{}", cell(&fate))))
        .chain(UnitFateKind::ALL.map(|f| format!("units_{}", cell(&f))));
    let growth = GROWTH_COLUMNS.iter().map(ToString::to_string);
    let mut pairs = Table::new(columns.chain(changes).chain(growth))?;
    let mut fates = Table::new(FATE_COLUMNS)?;
    for comparison in comparisons {
        pairs.row(pair_row(comparison))?;
        for row in fate_rows(comparison) {
            fates.row(row)?;
        }
    }
    for (name, table) in [("comparisons.csv", pairs), ("fates.csv", fates)] {
        write_whole(&folder.place(name), &table.bytes()?)?;
    }
    Ok(())
}

fn pair_row(comparison: &ComparisonResult) -> Vec<String> {
    let registration = comparison.registration.as_ref();
    let codes: Vec<String> = comparison.caveats.iter().map(|caveat| cell(&caveat.code)).collect();
    let mut row = vec![
        text(&comparison.baseline.path),
        text(&comparison.follow_up.path),
        comparison.follow_up.subject.as_deref().map(text).unwrap_or_default(),
        comparison.follow_up.site.as_deref().map(text).unwrap_or_default(),
        cell(&comparison.baseline.taken_at),
        cell(&comparison.follow_up.taken_at),
        cell(&comparison.days_between),
        cell(&registration.is_some()),
        cell(&registration.map(|r| r.chance_log10)),
        cell(&registration.map(|r| r.inliers)),
        cell(&registration.map(|r| r.residual_px)),
        cell(&registration.and_then(|r| r.overlap_cm2)),
        codes.join(" "),
    ];
    // Without a registration there are no fates, which is not the same as none of a kind.
    let count = |n: usize| cell(&registration.map(|_| n));
    row.extend(Fate::ALL.map(|fate| count(comparison.fates.iter().filter(|hair| hair.fate == fate).count())));
    row.extend(UnitFateKind::ALL.map(|fate| count(comparison.units.iter().filter(|unit| unit.fate == fate).count())));
    for (name, _) in CHANGES {
        let change = comparison.changes.iter().find(|change| change.name == name);
        let numbers = change.map(|c| [c.baseline, c.follow_up, c.change, c.low, c.high, c.detectable_change]).unwrap_or_default();
        row.extend(numbers.map(|number| cell(&number)));
        row.push(change.map(|c| cell(&c.verdict)).unwrap_or_default());
    }
    let (growth, phases) = (comparison.growth.as_ref(), comparison.phototrichogram.as_ref());
    row.extend([growth.map(|g| g.mm_per_day), growth.and_then(|g| g.low), growth.and_then(|g| g.high)].map(|number| cell(&number)));
    row.extend(
        [growth.map(|g| g.n), phases.map(|p| p.growing), phases.map(|p| p.resting), phases.map(|p| p.undetermined)].map(|n| cell(&n)),
    );
    row.extend([phases.map(|p| p.growing_share), phases.map(|p| p.low), phases.map(|p| p.high)].map(|share| cell(&share)));
    row
}

fn fate_rows(comparison: &ComparisonResult) -> impl Iterator<Item = Vec<String>> + '_ {
    comparison.fates.iter().map(|hair| {
        let (then, now) = (hair.baseline, hair.follow_up);
        vec![
            text(&comparison.baseline.path),
            text(&comparison.follow_up.path),
            cell(&hair.fate),
            hair.reason.map(|reason| cell(&reason)).unwrap_or_default(),
            cell(&then.and_then(|p| p.id)),
            cell(&then.map(|p| p.root.x)),
            cell(&then.map(|p| p.root.y)),
            cell(&then.map(|p| p.tip.x)),
            cell(&then.map(|p| p.tip.y)),
            cell(&now.and_then(|p| p.id)),
            cell(&now.map(|p| p.root.x)),
            cell(&now.map(|p| p.root.y)),
            cell(&now.map(|p| p.tip.x)),
            cell(&now.map(|p| p.tip.y)),
            cell(&hair.thickness_change_um),
            cell(&hair.thickness_change_standard_error_um),
            cell(&hair.length_change_mm),
            cell(&hair.phase),
            cell(&hair.confidence),
        ]
    })
}
