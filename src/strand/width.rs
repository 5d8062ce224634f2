//! A profile fit across the shaft.
