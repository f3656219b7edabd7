//! Figures as people read them.

/// One sink, both sides.
pub struct Comparison {
    pub sink: String,
    pub at_once: usize,
    /// Mails a second, median of the rounds.
    pub ours: f64,
    pub theirs: f64,
}

impl Comparison {
    pub fn line(&self) -> String {
        format!(
            "{:<22} {:>7} {:>10.0} {:>10.0} {:>7.2}",
            self.sink,
            self.at_once,
            self.ours,
            self.theirs,
            self.ours / self.theirs
        )
    }
}

/// Of figures that are never NaN.
pub fn median(figures: &mut [f64]) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(0.0)
}
