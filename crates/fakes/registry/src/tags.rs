use crate::manner::TagList;
use crate::registry::{Registry, unknown_method};
use crate::reply::Reply;
use crate::server::Exchange;
use serde_json::json;

impl Registry {
    /// `GET …/tags/list`, with `n` and `last`.
    pub fn tags(&self, x: &Exchange<'_>, name: &str) -> Reply {
        if !x.head.is("GET") {
            return unknown_method();
        }
        let mut tags: Vec<String> = match self.lock().repositories.get(name) {
            Some(repository) => repository.tags.keys().cloned().collect(),
            None => return Reply::error(404, "NAME_UNKNOWN", "repository name not known to registry"),
        };
        // The spec's order is that of words in a dictionary, without regard to case.
        tags.sort_by_cached_key(|tag| (tag.to_lowercase(), tag.clone()));
        let list = |tags: &[String]| Reply::json(200, &json!({ "name": name, "tags": tags }));
        if self.profile.tags == TagList::Whole {
            tags.reverse();
            return list(&tags);
        }
        if let Some(last) = x.head.value("last") {
            let after = |tag: &String| (tag.to_lowercase(), tag.clone()) > (last.to_lowercase(), last.clone());
            tags.retain(after);
        }
        let Some(count) = x.head.value("n").and_then(|n| n.parse::<usize>().ok()) else { return list(&tags) };
        if tags.len() <= count {
            return list(&tags);
        }
        tags.truncate(count);
        let reply = list(&tags);
        match tags.last().filter(|_| self.profile.tags == TagList::Paged) {
            Some(last) => reply.header("Link", format!("</v2/{name}/tags/list?n={count}&last={last}>; rel=\"next\"")),
            None => reply,
        }
    }
}
