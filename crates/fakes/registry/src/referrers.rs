use crate::manner::Referrers;
use crate::registry::{Manifest, Registry, unknown_method, unknown_path};
use crate::reply::Reply;
use crate::route::is_digest;
use crate::server::Exchange;
use serde_json::{Value, json};

impl Registry {
    /// `GET …/referrers/DIGEST` ("Listing Referrers" in the spec).
    pub fn referrers(&self, x: &Exchange<'_>, name: &str, digest: &str) -> Reply {
        match self.profile.referrers {
            Referrers::Absent => return unknown_path(),
            Referrers::Elsewhere => {
                let page = format!("{}/page/for/people", self.url());
                return Reply::new(303)
                    .header("Location", page)
                    .body("text/html", "<a href=\"/page/for/people\">See Other</a>.\n");
            }
            Referrers::Api if !x.head.is("GET") => return unknown_method(),
            Referrers::Api if !is_digest(digest) => return Reply::error(400, "DIGEST_INVALID", "this is no digest"),
            Referrers::Api => {}
        }
        let wanted = x.head.value("artifactType");
        let inner = self.lock();
        let manifests = inner.repositories.get(name).map(|repository| &repository.manifests);
        let found: Vec<Value> = manifests
            .into_iter()
            .flatten()
            .filter_map(|(own, manifest)| descriptor(own, manifest, digest))
            .filter(|descriptor| wanted.as_ref().is_none_or(|wanted| descriptor["artifactType"] == json!(wanted)))
            .collect();
        let media_type = "application/vnd.oci.image.index.v1+json";
        let index = json!({ "schemaVersion": 2, "mediaType": media_type, "manifests": found });
        let reply = Reply::new(200).body(media_type, index.to_string());
        if wanted.is_some() { reply.header("OCI-Filters-Applied", "artifactType") } else { reply }
    }
}

/// What the list says of a manifest; `None` of one with another subject or none.
fn descriptor(own: &str, manifest: &Manifest, subject: &str) -> Option<Value> {
    let value: Value = serde_json::from_slice(&manifest.bytes).ok()?;
    if value["subject"]["digest"] != json!(subject) {
        return None;
    }
    let mut descriptor = json!({ "mediaType": manifest.media_type, "digest": own, "size": manifest.bytes.len() });
    let kind = [&value["artifactType"], &value["config"]["mediaType"]].into_iter().find(|kind| kind.is_string());
    if let Some(kind) = kind {
        descriptor["artifactType"] = kind.clone();
    }
    if value["annotations"].is_object() {
        descriptor["annotations"] = value["annotations"].clone();
    }
    Some(descriptor)
}
