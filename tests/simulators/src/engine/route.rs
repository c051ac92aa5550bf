//! The table of a vendor's endpoints: one place for routing, for the log's path templates and for the matching of faults.

use http::Method;

use super::exchange::Request;

/// One endpoint: `/customer/{id}` and the like.
#[derive(Debug)]
pub(crate) struct Route<E> {
    pub(crate) endpoint: E,
    pub(crate) method: Method,
    pub(crate) template: &'static str,
}

impl<E> Route<E> {
    pub(crate) const fn new(endpoint: E, method: Method, template: &'static str) -> Self {
        Self {
            endpoint,
            method,
            template,
        }
    }
}

/// A vendor's endpoints, each with the methods and templates of its calls, in the order in which they are tried.
macro_rules! endpoints {
    ($(#[$docs:meta])* $name:ident { $($(#[$doc:meta])* $endpoint:ident: $($method:ident $template:literal)|+,)* }) => {
        $(#[$docs])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name { $($(#[$doc])* $endpoint,)* }

        impl $name {
            pub(crate) const ROUTES: &'static [$crate::engine::route::Route<Self>] =
                &[$($($crate::engine::route::Route::new(Self::$endpoint, http::Method::$method, $template),)+)*];
        }
    };
}
pub(crate) use endpoints;

/// The endpoint a request is for, and the values of the template's placeholders in their order.
pub(crate) fn find<'r, E>(
    routes: &'r [Route<E>],
    request: &Request,
) -> Option<(&'r Route<E>, Vec<String>)> {
    let segments = request.segments();
    routes
        .iter()
        .filter(|route| route.method == request.method)
        .find_map(|route| Some((route, placeholders(route.template, &segments)?)))
}

fn placeholders(template: &str, segments: &[String]) -> Option<Vec<String>> {
    let parts: Vec<&str> = template.trim_start_matches('/').split('/').collect();
    if parts.len() != segments.len() {
        return None;
    }
    let mut values = Vec::new();
    for (part, segment) in parts.iter().zip(segments) {
        if part.starts_with('{') && !segment.is_empty() {
            values.push(segment.clone());
        } else if part != segment {
            return None;
        }
    }
    Some(values)
}
