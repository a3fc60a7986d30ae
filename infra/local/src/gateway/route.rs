//! Which function a method and a path lead to.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use percent_encoding::percent_decode_str;

use crate::template::{Template, Transfer};

/// A method's integration.
#[derive(Debug)]
pub(super) struct Target {
    /// The function's name, such as `chat`.
    pub(super) function: String,
    pub(super) transfer: Transfer,
    pub(super) timeout: Duration,
}

/// A segment of a path.
#[derive(Debug)]
enum Segment {
    Literal(String),
    Variable(String),
    /// `{name+}`: this segment and all that follow.
    Greedy(String),
}

#[derive(Debug)]
struct Resource {
    path: String,
    segments: Vec<Segment>,
    methods: BTreeMap<String, Target>,
}

#[derive(Debug)]
pub(super) struct Routes(Vec<Resource>);

/// What was found for a request.
pub(super) struct Choice<'a> {
    pub(super) target: &'a Target,
    /// The path as the template has it.
    pub(super) resource: &'a str,
    /// Variables of the path, decoded.
    pub(super) parameters: BTreeMap<String, String>,
}

impl Routes {
    pub(super) fn new(template: &Template) -> Result<Routes> {
        let mut resources: Vec<Resource> = Vec::new();
        for route in template.routes() {
            let function =
                template.function_by_id(&route.function).context("a route leads to no function")?;
            let target =
                Target { function: function.name.clone(), transfer: route.transfer, timeout: route.timeout };
            match resources.iter_mut().find(|resource| resource.path == route.path) {
                Some(resource) => drop(resource.methods.insert(route.method.clone(), target)),
                None => resources.push(Resource {
                    path: route.path.clone(),
                    segments: segments(&route.path)
                        .with_context(|| format!("understand the path of {route}"))?,
                    methods: BTreeMap::from([(route.method.clone(), target)]),
                }),
            }
        }
        // Literals before variables before greedy ones, at each place of the path.
        let rank = |resource: &Resource| resource.segments.iter().map(Segment::rank).collect::<Vec<_>>();
        resources.sort_by_key(rank);
        Ok(Routes(resources))
    }

    /// The best resource decides; whether it has the method is asked of it alone.
    pub(super) fn choose(&self, method: &str, path: &str) -> Option<Choice<'_>> {
        let (resource, parameters) =
            self.0.iter().find_map(|resource| Some((resource, resource.matches(path)?)))?;
        let target = resource.methods.get(method).or_else(|| resource.methods.get("ANY"))?;
        Some(Choice { target, resource: &resource.path, parameters })
    }
}

impl Segment {
    fn rank(&self) -> u8 {
        match self {
            Segment::Literal(_) => 0,
            Segment::Variable(_) => 1,
            Segment::Greedy(_) => 2,
        }
    }
}

impl Resource {
    fn matches(&self, path: &str) -> Option<BTreeMap<String, String>> {
        let mut parameters = BTreeMap::new();
        let mut rest = Some(path.strip_prefix('/')?);
        if self.segments.is_empty() {
            return (rest == Some("")).then_some(parameters);
        }
        for segment in &self.segments {
            let here = rest?;
            let (part, after) =
                here.split_once('/').map_or((here, None), |(part, after)| (part, Some(after)));
            let decode = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
            match segment {
                Segment::Literal(literal) if literal == part => {}
                Segment::Variable(name) if !part.is_empty() => {
                    drop(parameters.insert(name.clone(), decode(part)))
                }
                Segment::Greedy(name) if !here.is_empty() => {
                    parameters.insert(name.clone(), decode(here));
                    return Some(parameters);
                }
                _ => return None,
            }
            rest = after;
        }
        rest.is_none().then_some(parameters)
    }
}

fn segments(path: &str) -> Result<Vec<Segment>> {
    let path = path.strip_prefix('/').context("a path starts with a slash")?;
    let segment = |part: &str| {
        let Some(name) = part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) else {
            ensure!(!part.is_empty() && !part.contains(['{', '}']), "{part:?} is no segment of a path");
            return Ok(Segment::Literal(part.to_owned()));
        };
        Ok(match name.strip_suffix('+') {
            Some(name) => Segment::Greedy(name.to_owned()),
            None => Segment::Variable(name.to_owned()),
        })
    };
    if path.is_empty() { Ok(Vec::new()) } else { path.split('/').map(segment).collect() }
}
