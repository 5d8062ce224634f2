//! The one integration binary.

mod agree;
mod calibration;
mod commands;
mod compare;
mod decode;
mod guide;
mod interrupted;
mod invariance;
mod layers;
mod learned;
mod names;
mod network;
mod originals;
mod pages;
mod phantoms;
mod program;
mod report;
mod resume;
mod schemas;
mod selfcheck;
mod series;
mod settings;
mod shards;
mod timeline;
