//! Questions that say the same in other words, put together by their vectors: what many ask and nobody answers.

/// How alike a question and the middle of a group must be, as a cosine.
const ALIKE: f32 = 0.6;

/// Groups of alike vectors, by their places, largest first, each with its most typical first. Greedy: each joins the group whose
/// middle is nearest, or begins one. What has no vector is in none. Vectors must be of one space.
#[must_use]
pub fn groups(vectors: &[Option<&[f32]>]) -> Vec<Vec<usize>> {
    let units: Vec<Option<Vec<f32>>> = vectors.iter().map(|vector| vector.and_then(unit)).collect();
    let mut groups: Vec<Group> = Vec::new();
    for (place, vector) in units.iter().enumerate() {
        let Some(vector) = vector else { continue };
        let nearest = groups
            .iter_mut()
            .map(|group| (group.alike(vector), group))
            .max_by(|one, other| one.0.total_cmp(&other.0));
        match nearest {
            Some((alike, group)) if alike >= ALIKE => group.join(place, vector),
            _ => groups.push(Group { sum: vector.clone(), length: 1.0, places: vec![place] }),
        }
    }
    for group in &mut groups {
        let alike =
            |place: usize| units[place].as_ref().map_or(f32::NEG_INFINITY, |unit| dot(&group.sum, unit));
        group.places.sort_by(|one, other| alike(*other).total_cmp(&alike(*one)));
    }
    let mut groups: Vec<Vec<usize>> = groups.into_iter().map(|group| group.places).collect();
    groups.sort_by_key(|places| std::cmp::Reverse(places.len()));
    groups
}

/// Vectors of length 1, added up: the direction of the sum is their middle.
struct Group {
    sum: Vec<f32>,
    length: f32,
    places: Vec<usize>,
}

impl Group {
    /// The cosine of the middle and a vector of length 1.
    fn alike(&self, unit: &[f32]) -> f32 {
        if self.length > 0.0 { dot(&self.sum, unit) / self.length } else { 0.0 }
    }

    fn join(&mut self, place: usize, unit: &[f32]) {
        self.sum.iter_mut().zip(unit).for_each(|(sum, number)| *sum += number);
        self.length = dot(&self.sum, &self.sum).sqrt();
        self.places.push(place);
    }
}

/// The vector at length 1; `None`: it has no direction.
fn unit(vector: &[f32]) -> Option<Vec<f32>> {
    let length = dot(vector, vector).sqrt();
    (length > 0.0).then(|| vector.iter().map(|number| number / length).collect())
}

fn dot(one: &[f32], other: &[f32]) -> f32 {
    one.iter().zip(other).map(|(one, other)| one * other).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alike_stands_together_the_most_typical_first() {
        let vectors = [[1.0, 0.1], [0.0, 1.0], [1.0, 0.0], [1.0, 0.3], [0.0, 0.0], [-1.0, 0.0]];
        let given: Vec<Option<&[f32]>> =
            vectors.iter().map(|vector| Some(vector.as_slice())).chain([None]).collect();
        assert_eq!(groups(&given), [vec![0, 2, 3], vec![1], vec![5]]);
        assert_eq!(groups(&[]), Vec::<Vec<usize>>::new());
    }
}
