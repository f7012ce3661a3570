//! `leadenrich`: bulk company enrichment that never pays twice.

pub mod rules;
pub mod sandbox;
