//! `leadenrich`: bulk company enrichment that never pays twice.

pub mod rows;
pub mod rules;
