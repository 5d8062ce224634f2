//! The photo as the detectors see it: what each asks of the light, read in one go and in strips, so that no plane of a color is held.

use super::bridge::{AROUND, Bridged, Sight};
use super::{learned, ridge};
use crate::field::Field;
use crate::photo::{Photo, Scaled};
use crate::raster::halved::halved;
use crate::raster::light::linear;
use crate::raster::wide::widely;
use crate::raster::{CONTIGUOUS, Mask, Plane};
use ndarray::{ArrayView2, Axis, Slice};
use rayon::prelude::*;
use std::ops::Range;

/// The light of a photo on a grid of `factor` photo pixels per pixel: position p shows photo position (p + 0.5) × factor − 0.5. What lies under
/// thin drawn lines is seen as what is seen across them.
#[derive(Debug, Clone)]
pub struct View<'a> {
    /// What ridges are looked for in.
    pub lights: Lights,
    /// What the network is given.
    pub colors: Colors<'a>,
}

/// What of the light ridges are looked for in; linear light from 0 to 1.
#[derive(Debug, Clone)]
pub struct Lights {
    /// Photo pixels per pixel.
    pub(super) factor: f64,
    /// The brightest of the three colors.
    pub(super) brightest: Plane,
    /// The mean of the natural logs of the three.
    pub(super) mean_log: Plane,
    /// Red, on half the grid.
    pub(super) red: Plane,
    /// What the field shows, and what was filled in under thin drawn lines.
    pub(super) visible: Mask,
}

/// The light of the three colors, row by row.
#[derive(Debug, Clone)]
pub struct Colors<'a> {
    photo: Scaled<'a>,
    field: &'a Field,
    /// What was filled in under thin drawn lines, row by row.
    bridged: Vec<Bridged>,
    /// The log light of the skin, by blocks.
    pub(super) skin: [Plane; 3],
}

impl<'a> View<'a> {
    /// A photo seen at `factor` photo pixels per pixel.
    pub fn of(photo: &'a Photo, field: &'a Field, factor: f64) -> Self {
        let photo = Scaled::new(photo, factor);
        let (rows, columns) = photo.dim();
        let (half_rows, half_columns) = (rows.div_ceil(2), columns.div_ceil(2));
        let (mut brightest, mut mean_log) = (Plane::zeros((rows, columns)), Plane::zeros((rows, columns)));
        let (mut red, mut visible) = (Plane::zeros((half_rows, half_columns)), Mask::from_elem((rows, columns), false));
        let strips = (
            brightest.as_slice_mut().expect(CONTIGUOUS).par_chunks_mut(STRIP * columns),
            mean_log.as_slice_mut().expect(CONTIGUOUS).par_chunks_mut(STRIP * columns),
            red.as_slice_mut().expect(CONTIGUOUS).par_chunks_mut(STRIP / 2 * half_columns),
            visible.as_slice_mut().expect(CONTIGUOUS).par_chunks_mut(STRIP * columns),
        );
        let strips = strips.into_par_iter().enumerate().map(|(i, (brightest, mean_log, red, visible))| {
            let mut strip = Strip::read(&photo, field, i * STRIP..rows.min((i + 1) * STRIP));
            let bridged = strip.bridge();
            let (light, shown) = strip.own();
            ridge::lights(light.each_ref().map(|plane| plane.to_slice().expect(CONTIGUOUS)), brightest, mean_log);
            red.copy_from_slice(halved(&light[0]).as_slice().expect(CONTIGUOUS));
            visible.copy_from_slice(shown.to_slice().expect(CONTIGUOUS));
            (bridged, learned::log_sums(light, shown))
        });
        let (bridged, sums): (Vec<_>, Vec<_>) = strips.unzip();
        let skin = learned::skin_light(
            [0, 1, 2].map(|color| stacked(sums.iter().map(|(sums, _)| &sums[color]))),
            &stacked(sums.iter().map(|(_, counts)| counts)),
        );
        let colors = Colors { photo, field, bridged: bridged.concat(), skin };
        Self { lights: Lights { factor, brightest, mean_log, red, visible }, colors }
    }
}

impl Colors<'_> {
    /// How many rows and columns there are.
    pub(super) fn dim(&self) -> (usize, usize) {
        self.photo.dim()
    }

    /// Photo pixels per pixel.
    pub(super) fn factor(&self) -> f64 {
        self.photo.factor()
    }

    /// What the field shows, and what was filled in under thin drawn lines.
    pub(super) fn visible(&self) -> Mask {
        let (rows, columns) = self.dim();
        let mut visible = self.field.shown_on(0..rows, columns, self.factor());
        self.bridged.iter().for_each(|bridged| visible[bridged.at] = true);
        visible
    }

    /// Writes the linear light of a row, red, green and blue, from 0 to 1.
    pub(super) fn row(&self, row: usize, mut light: [&mut [f32]; 3]) {
        light_of_row(&self.photo, row, light.each_mut().map(|light| &mut **light));
        let after = &self.bridged[self.bridged.partition_point(|bridged| bridged.at.0 < row)..];
        for bridged in after.iter().take_while(|bridged| bridged.at.0 == row) {
            light.iter_mut().zip(bridged.light).for_each(|(row, light)| row[bridged.at.1] = light);
        }
    }
}

/// Writes the linear light of a row, from 0 to 1.
fn light_of_row(photo: &Scaled, row: usize, mut light: [&mut [f32]; 3]) {
    photo.row(row, light.each_mut().map(|light| &mut **light));
    widely(
        #[inline(always)]
        || light.into_iter().for_each(|light| light.iter_mut().for_each(|value| *value = linear(*value))),
    );
}

/// How many rows are read at a time: a whole number of blocks, and so many that those read twice about drawn lines are few.
const STRIP: usize = 256;

/// Some rows of a view.
struct Strip {
    /// The rows it is read for.
    own: Range<usize>,
    /// The first row it holds, before those where lines must be seen across.
    first: usize,
    /// The linear light of red, green and blue.
    light: [Plane; 3],
    /// What the field shows.
    shown: Mask,
    /// What lies under a thin drawn line.
    lined: Mask,
}

impl Strip {
    fn read(photo: &Scaled, field: &Field, own: Range<usize>) -> Self {
        let (rows, columns) = photo.dim();
        let is_lined = field.lined_on(own.clone(), columns, photo.factor()).iter().any(|lined| *lined);
        let around = if is_lined { AROUND } else { 0 };
        let held = own.start.saturating_sub(around)..rows.min(own.end + around);
        let mut light = [0, 1, 2].map(|_| Plane::zeros((held.len(), columns)));
        for (i, row) in held.clone().enumerate() {
            light_of_row(photo, row, light.each_mut().map(|plane| plane.row_mut(i).into_slice().expect(CONTIGUOUS)));
        }
        let [shown, lined] = [field.shown_on(held.clone(), columns, photo.factor()), field.lined_on(held.clone(), columns, photo.factor())];
        Self { own, first: held.start, light, shown, lined }
    }

    /// Shows what lies under thin drawn lines as what is seen across them, and says where.
    fn bridge(&mut self) -> Vec<Bridged> {
        let own = self.own_rows();
        let bridged = Sight { light: &self.light, shown: &self.shown, lined: &self.lined }.bridged(own);
        for &Bridged { at, light } in &bridged {
            self.light.iter_mut().zip(light).for_each(|(plane, light)| plane[at] = light);
            self.shown[at] = true;
        }
        bridged.into_iter().map(|Bridged { at: (row, column), light }| Bridged { at: (row + self.first, column), light }).collect()
    }

    /// The light of its own rows, and what is shown there.
    fn own(&self) -> ([ArrayView2<'_, f32>; 3], ArrayView2<'_, bool>) {
        let rows = Slice::from(self.own_rows());
        (self.light.each_ref().map(|plane| plane.slice_axis(Axis(0), rows)), self.shown.slice_axis(Axis(0), rows))
    }

    /// Its own rows among those it holds.
    fn own_rows(&self) -> Range<usize> {
        self.own.start - self.first..self.own.end - self.first
    }
}

/// Strips of a plane, one below the other.
fn stacked<'a>(strips: impl Iterator<Item = &'a Plane>) -> Plane {
    let strips: Vec<ArrayView2<f32>> = strips.map(|strip| strip.view()).collect();
    ndarray::concatenate(Axis(0), &strips).expect("strips are equally wide")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_in_strips_is_what_the_rows_hold() {
        let color = |i: usize| [(120 + i * 7 % 97) as u8, (90 + i * 13 % 71) as u8, (60 + i * 29 % 110) as u8];
        let photo = Photo::from_rgb8(90, 700, (0..90 * 700).map(color).collect());
        let (field, _) = Field::find(&photo, None, None, None);
        let View { lights, colors } = View::of(&photo, &field, 1.3);
        let (rows, columns) = colors.dim();
        assert!(rows > 2 * STRIP && lights.visible == colors.visible());
        let mut light = [0, 1, 2].map(|_| Plane::zeros((rows, columns)));
        for row in 0..rows {
            colors.row(row, light.each_mut().map(|plane| plane.row_mut(row).into_slice().unwrap()));
        }
        let [red, green, blue] = &light;
        assert!(lights.brightest.indexed_iter().all(|(at, brightest)| *brightest == red[at].max(green[at]).max(blue[at])));
        assert_eq!(lights.red, halved(red));
    }
}
