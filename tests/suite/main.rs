//! The one integration binary.

mod decode;
