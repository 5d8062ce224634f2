//! The one integration binary.

mod agree;
mod calibration;
mod commands;
mod compare;
mod decode;
mod layers;
mod learned;
mod phantoms;
mod program;
mod report;
mod resume;
mod schemas;
mod selfcheck;
mod series;
mod timeline;
