//! The one integration binary.

mod agree;
mod commands;
mod resume;
