//! Which of a bot's own categories a question belongs to, by the vectors of their examples; or that it belongs to none.
//!
//! A question is as near to a category as to the mean of its nearest examples and to the middle of all of them. Each category
//! says how near is near enough, by how near its own examples lie to the others of it: one of a single sentence is narrower
//! than one of everything about payments. So a question belongs to the one that it lies near to for that one's own measure; what lies near
//! two of them alike is not known. The constants were chosen on the part `dev` of tests/bench/categories.txt alone.

use domain::limits;

/// What the middle counts beside the nearest examples.
const MIDDLE: f32 = 0.3;
/// How much a category's own measure counts where categories are compared.
const SPREAD: f32 = 0.4;
/// The share of a category's own examples that lie nearer to the others than its threshold.
const OWN: f32 = 0.1;
/// How much farther than that a question may lie: it was not written by whoever wrote the examples.
const SLACK: f32 = 0.05;
/// What is near enough where examples are too few to tell, and how many examples outweigh it.
const USUAL: (f32, f32) = (0.4, 4.0);
/// Nearer than this is near enough, and farther than this is not, whatever the examples say.
const BOUNDS: (f32, f32) = (0.22, 0.8);
/// How much nearer the nearest must lie than the next.
const MARGIN: f32 = 0.001;

/// How near a question lies to a category.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Nearness {
    /// Cosine of the question and the middle.
    pub centroid: f32,
    /// Mean cosine of the question and the nearest examples.
    pub examples: f32,
    /// How near is near enough.
    pub threshold: f32,
}

impl Nearness {
    /// How near it is for this category's own measure: what categories are compared by.
    fn for_its_width(self) -> f32 {
        self.score() - SPREAD * self.threshold
    }

    /// -1..1.
    fn score(self) -> f32 {
        self.examples + MIDDLE * (self.centroid - self.examples)
    }
}

/// The place of the category that a question belongs to; `None`: it is not known.
#[must_use]
pub fn nearest(near: &[Nearness]) -> Option<usize> {
    let (mut best, mut next): (Option<(usize, f32)>, f32) = (None, f32::NEG_INFINITY);
    for (place, one) in near.iter().enumerate() {
        let score = one.for_its_width();
        match best {
            Some((_, least)) if score <= least => next = next.max(score),
            _ => {
                next = best.map_or(next, |(_, score)| score);
                best = Some((place, score));
            }
        }
    }
    let (place, score) = best?;
    (near[place].score() >= near[place].threshold && score - next >= MARGIN).then_some(place)
}

/// A category's examples as a whole.
#[derive(Debug, Clone, PartialEq)]
pub struct Shape {
    /// Their middle, of length 1.
    pub centroid: Vec<f32>,
    /// How near is near enough.
    pub threshold: f32,
}

/// The shape of a category's vectors, which are of one space; `None` without any.
#[must_use]
pub fn shape(vectors: &[&[f32]]) -> Option<Shape> {
    let units: Vec<Vec<f32>> = vectors.iter().map(|vector| unit(vector)).collect();
    let dimension = units.first()?.len();
    let mut sum = vec![0.0; dimension];
    for one in &units {
        add(&mut sum, one, 1.0);
    }
    let mut own: Vec<f32> =
        (0..units.len()).filter_map(|place| without_itself(&units, &sum, place)).collect();
    own.sort_unstable_by(f32::total_cmp);
    #[expect(clippy::cast_precision_loss, reason = "hundreds")]
    let count = own.len() as f32;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to their number")]
    let told = own.get((count * OWN) as usize).map_or(USUAL.0, |own| own - SLACK);
    let threshold = (told * count + USUAL.0 * USUAL.1) / (count + USUAL.1);
    Some(Shape { centroid: unit(&sum), threshold: threshold.clamp(BOUNDS.0, BOUNDS.1) })
}

/// How near one of them lies to the others; `None` where there are no others.
fn without_itself(units: &[Vec<f32>], sum: &[f32], place: usize) -> Option<f32> {
    let mut alike: Vec<f32> = units
        .iter()
        .enumerate()
        .filter(|(other, _)| *other != place)
        .map(|(_, other)| dot(&units[place], other))
        .collect();
    if alike.is_empty() {
        return None;
    }
    alike.sort_unstable_by(|one, other| other.total_cmp(one));
    alike.truncate(usize::try_from(limits::CATEGORY_NEIGHBOURS).unwrap_or(1));
    let mut others = sum.to_vec();
    add(&mut others, &units[place], -1.0);
    #[expect(clippy::cast_precision_loss, reason = "a few")]
    let examples = alike.iter().sum::<f32>() / alike.len() as f32;
    Some(Nearness { centroid: dot(&units[place], &unit(&others)), examples, threshold: 0.0 }.score())
}

fn unit(vector: &[f32]) -> Vec<f32> {
    let length = dot(vector, vector).sqrt();
    if length > 0.0 { vector.iter().map(|number| number / length).collect() } else { vector.to_vec() }
}

fn add(sum: &mut [f32], vector: &[f32], times: f32) {
    for (sum, number) in sum.iter_mut().zip(vector) {
        *sum += times * number;
    }
}

fn dot(one: &[f32], other: &[f32]) -> f32 {
    one.iter().zip(other).map(|(one, other)| one * other).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_wins_where_it_is_near_enough_and_alone() {
        let near = |centroid, examples| Nearness { centroid, examples, threshold: 0.5 };
        assert_eq!(nearest(&[near(0.4, 0.5), near(0.7, 0.8), near(0.6, 0.7)]), Some(1));
        assert_eq!(nearest(&[near(0.4, 0.5), near(0.3, 0.2)]), None, "too far");
        assert_eq!(nearest(&[near(0.7, 0.8), near(0.7, 0.8)]), None, "near two of them alike");
        assert_eq!(nearest(&[near(0.5, 0.5)]), Some(0), "at its edge");
        assert_eq!(nearest(&[]), None);
        assert_eq!(nearest(&[near(f32::NAN, 0.1)]), None);
        let of = |nearness, threshold| Nearness { centroid: nearness, examples: nearness, threshold };
        assert_eq!(nearest(&[of(0.60, 0.55), of(0.59, 0.40)]), Some(1), "nearly as near to a much wider one");
    }

    #[test]
    fn a_narrow_category_wants_more_than_a_wide_one() {
        let narrow: Vec<Vec<f32>> = (0..20).map(|n| vec![1.0, 0.01 * n as f32, 0.0]).collect();
        let wide: Vec<Vec<f32>> = (0..20).map(|n| vec![1.0, (n as f32).sin(), (n as f32).cos()]).collect();
        let of = |vectors: &[Vec<f32>]| {
            shape(&vectors.iter().map(Vec::as_slice).collect::<Vec<_>>()).expect("a shape")
        };
        let (narrow, wide) = (of(&narrow), of(&wide));
        assert!(narrow.threshold > wide.threshold, "{} {}", narrow.threshold, wide.threshold);
        for one in [&narrow, &wide] {
            assert!((dot(&one.centroid, &one.centroid) - 1.0).abs() < 1e-5);
            assert!((BOUNDS.0..=BOUNDS.1).contains(&one.threshold));
        }
        assert_eq!(shape(&[]), None);
        assert!((of(&[vec![2.0, 0.0]]).threshold - USUAL.0).abs() < 1e-6, "one example tells nothing");
        assert!(of(&[vec![0.0, 0.0]]).centroid.iter().all(|number| number.is_finite()));
    }
}
