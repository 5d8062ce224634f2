//! Quantities that know their unit, so that a width in pixels is never read as a thickness in micrometers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! quantity {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default, Serialize, Deserialize, JsonSchema)]
        #[serde(transparent)]
        pub struct $name(pub f64);

        impl std::ops::Add for $name {
            type Output = Self;
            fn add(self, other: Self) -> Self {
                Self(self.0 + other.0)
            }
        }

        impl std::ops::Sub for $name {
            type Output = Self;
            fn sub(self, other: Self) -> Self {
                Self(self.0 - other.0)
            }
        }

        impl std::ops::Mul<f64> for $name {
            type Output = Self;
            fn mul(self, factor: f64) -> Self {
                Self(self.0 * factor)
            }
        }

        impl std::ops::Div<f64> for $name {
            type Output = Self;
            fn div(self, divisor: f64) -> Self {
                Self(self.0 / divisor)
            }
        }
    };
}

quantity!(
    /// A length in the pixels of the photo as it was decoded and turned upright.
    Pixels
);
quantity!(
    /// A length on the skin or across a shaft, in micrometers.
    Micrometers
);
quantity!(
    /// A length on the skin, in millimeters.
    Millimeters
);
quantity!(
    /// An area of skin, in square centimeters.
    SquareCentimeters
);
quantity!(
    /// A number of hairs or follicular units per square centimeter of skin.
    PerCm2
);

impl From<Micrometers> for Millimeters {
    fn from(length: Micrometers) -> Self {
        Self(length.0 / 1000.0)
    }
}

impl From<Millimeters> for Micrometers {
    fn from(length: Millimeters) -> Self {
        Self(length.0 * 1000.0)
    }
}
