//! Questions that say the same in other words, put together by their vectors: what many ask and nobody answers.

/// How alike a question and the middle of a group must be, as a cosine.
const ALIKE: f32 = 0.6;

/// Groups of alike vectors, by their places, largest first, each with its most typical first. Greedy: each joins the group whose
/// middle is nearest, or begins one. What has no vector is in none. Vectors must be of one space.
#[must_use]
pub fn groups(vectors: &[Option<&[f32]>]) -> Vec<Vec<usize>> {
    let mut groups: Vec<(Vec<f32>, Vec<usize>)> = Vec::new();
    for (place, vector) in vectors.iter().enumerate() {
        let Some(vector) = vector.filter(|vector| dot(vector, vector) > 0.0) else { continue };
        let nearest = groups
            .iter()
            .enumerate()
            .map(|(group, (middle, _))| (cosine(middle, vector), group))
            .max_by(|one, other| one.0.total_cmp(&other.0));
        match nearest {
            Some((alike, group)) if alike >= ALIKE => {
                let (middle, places) = &mut groups[group];
                let length = dot(vector, vector).sqrt();
                middle.iter_mut().zip(vector).for_each(|(sum, number)| *sum += number / length);
                places.push(place);
            }
            _ => {
                let length = dot(vector, vector).sqrt();
                groups.push((vector.iter().map(|number| number / length).collect(), vec![place]));
            }
        }
    }
    for (middle, places) in &mut groups {
        let alike =
            |place: &usize| vectors[*place].map_or(f32::NEG_INFINITY, |vector| cosine(middle, vector));
        places.sort_by(|one, other| alike(other).total_cmp(&alike(one)));
    }
    let mut groups: Vec<Vec<usize>> = groups.into_iter().map(|(_, places)| places).collect();
    groups.sort_by_key(|places| std::cmp::Reverse(places.len()));
    groups
}

fn cosine(one: &[f32], other: &[f32]) -> f32 {
    let lengths = dot(one, one).sqrt() * dot(other, other).sqrt();
    if lengths > 0.0 { dot(one, other) / lengths } else { 0.0 }
}

fn dot(one: &[f32], other: &[f32]) -> f32 {
    one.iter().zip(other).map(|(one, other)| one * other).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alike_stands_together_the_most_typical_first() {
        let vectors = [[1.0, 0.1], [0.0, 1.0], [1.0, 0.0], [1.0, 0.2], [0.0, 0.0], [-1.0, 0.0]];
        let given: Vec<Option<&[f32]>> =
            vectors.iter().map(|vector| Some(vector.as_slice())).chain([None]).collect();
        assert_eq!(groups(&given), [vec![0, 2, 3], vec![1], vec![5]]);
        assert_eq!(groups(&[]), Vec::<Vec<usize>>::new());
    }
}
