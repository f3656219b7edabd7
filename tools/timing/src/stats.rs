//! What two series of times say about each other: medians, and Welch's t on all of it and without its slowest parts.

/// Beyond this, dudect calls a difference in time one that can be measured (Reparaz, Balasch, Verbauwhede 2017).
pub const BOUND: f64 = 4.5;

/// How much of the slowest is left out, as a share of both series together. A scheduler's pauses are not the program's times, and their
/// variance hides small differences; dudect crops at many thresholds and takes the largest |t|, and so is done here, with four.
const CROPS: [f64; 4] = [0.0, 0.01, 0.05, 0.10];

/// The times of one class and of the other, in any unit, none of them NaN.
#[derive(Debug, Clone, Default)]
pub struct Series {
    pub first: Vec<f64>,
    pub second: Vec<f64>,
}

/// What was found.
#[derive(Debug, Clone, Copy)]
pub struct Finding {
    pub medians: [f64; 2],
    /// Welch's t of everything: above zero where the first class is slower.
    pub t: f64,
    /// That with the largest amount, over all crops.
    pub worst: f64,
}

impl Finding {
    /// Of two series.
    pub fn of(series: &Series) -> Self {
        let both = || [&series.first[..], &series.second].concat();
        let t = CROPS.map(|share| {
            let most = quantile(&mut both(), 1.0 - share);
            let kept = |times: &[f64]| times.iter().copied().filter(|t| *t <= most).collect();
            let (first, second): (Vec<_>, Vec<_>) = (kept(&series.first), kept(&series.second));
            welch(&first, &second)
        });
        let larger = |a: f64, b: &f64| if b.abs() > a.abs() { *b } else { a };
        Self {
            medians: [&series.first, &series.second].map(|times| quantile(&mut times.clone(), 0.5)),
            t: t[0],
            worst: t.iter().fold(0.0, larger),
        }
    }

    /// Whether nobody can tell the two apart by this many times.
    pub fn passes(&self) -> bool {
        self.worst.abs() < BOUND
    }
}

/// Welch's t; zero where there is too little to say anything.
#[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
pub fn welch(first: &[f64], second: &[f64]) -> f64 {
    if first.len() < 2 || second.len() < 2 {
        return 0.0;
    }
    let moments = |times: &[f64]| {
        let count = times.len() as f64;
        let mean = times.iter().sum::<f64>() / count;
        let squares: f64 = times.iter().map(|time| (time - mean).powi(2)).sum();
        (mean, squares / (count - 1.0) / count)
    };
    let ((mean_1, error_1), (mean_2, error_2)) = (moments(first), moments(second));
    let difference = mean_1 - mean_2;
    let error = (error_1 + error_2).sqrt();
    if error > 0.0 {
        difference / error
    } else if difference == 0.0 {
        0.0
    } else {
        f64::INFINITY.copysign(difference)
    }
}

/// The value below or at which that share of the times lies (nearest rank); zero of none.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share of a count is a count"
)]
pub fn quantile(times: &mut [f64], share: f64) -> f64 {
    times.sort_by(f64::total_cmp);
    let rank = (times.len() as f64 * share).ceil() as usize;
    times.get(rank.saturating_sub(1)).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Welch's own example as Wikipedia has it ("Welch's t-test", example 1).
    const A: [f64; 15] = [
        27.5, 21.0, 19.0, 23.6, 17.0, 17.9, 16.9, 20.1, 21.9, 22.6, 23.1, 19.6, 19.0, 21.7, 21.4,
    ];
    const B: [f64; 15] = [
        27.1, 22.0, 20.8, 23.4, 23.4, 23.5, 25.8, 22.0, 24.8, 20.2, 21.9, 22.1, 22.9, 30.0, 23.9,
    ];

    #[test]
    fn t_is_that_of_the_textbook() {
        assert!((welch(&A, &B) - -2.8357).abs() < 1e-3, "{}", welch(&A, &B));
        assert!((welch(&B, &A) - 2.8357).abs() < 1e-3);
        // By hand: means 2 and 5, variances 1 and 4, three each: -3 / sqrt(5/3).
        let t = welch(&[1.0, 2.0, 3.0], &[3.0, 5.0, 7.0]);
        assert!((t - -3.0 / (5.0_f64 / 3.0).sqrt()).abs() < 1e-12, "{t}");
    }

    #[test]
    fn what_cannot_be_judged_is_no_difference() {
        for none in [&[][..], &[1.0]] {
            assert_eq!(welch(none, &A).to_bits(), 0.0_f64.to_bits());
        }
        assert_eq!(welch(&[2.0, 2.0], &[2.0, 2.0]).to_bits(), 0.0_f64.to_bits());
        assert!(
            welch(&[3.0, 3.0], &[2.0, 2.0]).is_infinite(),
            "but this is one"
        );
    }

    #[test]
    fn quantiles_by_nearest_rank() {
        let mut times = [4.0, 1.0, 3.0, 2.0];
        let at = |times: &mut [f64], share| quantile(times, share).round() as i64;
        assert_eq!(
            [0.0, 0.25, 0.5, 0.51, 0.75, 1.0].map(|s| at(&mut times, s)),
            [1, 1, 2, 3, 3, 4]
        );
        assert_eq!(at(&mut [], 0.5), 0);
    }

    #[test]
    fn a_difference_behind_rare_pauses_is_found_and_none_is_invented() {
        // A small shift under pauses a thousand times as large, at the same places for both.
        let times = |shift: f64| -> Vec<f64> {
            let one = |n: u32| {
                let noise = f64::from(n * 7919 % 101) / 101.0;
                let pause = if n.is_multiple_of(50) {
                    1_000.0 + f64::from(n % 7) * 300.0
                } else {
                    0.0
                };
                10.0 + noise + pause + shift
            };
            (0..4_000).map(one).collect()
        };
        let shifted = Finding::of(&Series {
            first: times(0.1),
            second: times(0.0),
        });
        assert!(
            shifted.t.abs() < 1.0,
            "hidden without a crop: {}",
            shifted.t
        );
        assert!(
            shifted.worst > BOUND && !shifted.passes(),
            "{}",
            shifted.worst
        );
        assert!((shifted.medians[0] - shifted.medians[1] - 0.1).abs() < 1e-9);
        let same = Finding::of(&Series {
            first: times(0.0),
            second: times(0.0),
        });
        assert!(same.passes() && same.worst.abs() < 1e-9, "{}", same.worst);
    }
}
