//! The only module on disk: contract types, JSON, CSV, resume.
