//! What a run leaves for all its photos together: the tables, the overview and its record.

use crate::report::{Overview, Picture, batch_page};
use crate::results::{Folder, Run, page_path, stem_of, thumbnail_path, write_tables, write_whole};
use std::fs;
use std::io;

/// Writes the tables, the overview where one is wanted and, last, the record, from the results the record lists.
///
/// # Errors
/// When a stored result cannot be read or the disk refuses.
pub fn write_summary(folder: &Folder, run: &Run, pages: bool) -> io::Result<()> {
    let stems = stems(run);
    write_tables(folder, &stems)?;
    if pages {
        let mut overview = Overview::default();
        for stem in &stems {
            let thumbnail = Picture { jpeg: fs::read(folder.place(&thumbnail_path(stem)))? };
            overview.add(&folder.read(stem)?, &thumbnail.uri(), &page_path(stem));
        }
        write_whole(&folder.place("report.html"), batch_page(run, &overview).as_bytes())?;
    } else {
        folder.remove("report.html")?;
    }
    folder.write_json("run.json", run)
}

/// The stems of the results a record lists, in its order.
pub fn stems(run: &Run) -> Vec<String> {
    run.photos.iter().filter_map(|photo| stem_of(photo.result.as_deref()?)).collect()
}
