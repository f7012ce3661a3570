//! `leadenrich`: bulk company enrichment that never pays twice.

pub mod report;
pub mod rules;
