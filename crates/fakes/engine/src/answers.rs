use crate::containers::Made;
use crate::http::{Reply, Request};
use crate::state::State;
use crate::{Kind, Load};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Read;

/// What the engine answers to a request that is no stream.
pub(crate) fn answer(state: &mut State, request: &Request) -> Reply {
    let parts: Vec<&str> = request.path.trim_start_matches('/').split('/').collect();
    let subject = || parts[1..parts.len() - 1].join("/");
    match (request.method.as_str(), &parts[..]) {
        ("GET", ["version"]) => version(state),
        ("GET", ["info"]) => {
            let containerd = [["driver-type", "io.containerd.snapshotter.v1"]];
            let rows = if state.about.kind == Kind::Containerd { &containerd[..] } else { &[] };
            Reply::json(200, &json!({ "DriverStatus": rows }))
        }
        ("GET", ["images", "json"]) => {
            let label = label(request);
            let has = |labels: &Value| label.as_ref().is_none_or(|label| has_label(labels, label));
            let all: Vec<_> =
                state.images.iter().filter(|image| has(&image.labels)).map(crate::Image::summary).collect();
            Reply::json(200, &json!(all))
        }
        ("POST", ["images", "load"]) => load(state, &request.body),
        ("GET", ["images", .., "json"]) => match state.image(&subject()) {
            Some(image) => Reply::json(200, &image.document()),
            None => Reply::message(404, &format!("No such image: {}", subject())),
        },
        ("POST", ["images", .., "tag"]) => {
            let name = format!("{}:{}", request.value("repo"), request.value("tag"));
            state.images.iter_mut().for_each(|image| image.names.retain(|known| *known != name));
            let id = subject();
            match state.images.iter_mut().find(|image| image.id == id) {
                Some(image) => {
                    image.names.push(name);
                    Reply { status: 201, body: Vec::new() }
                }
                None => Reply::message(404, "No such image"),
            }
        }
        ("DELETE", ["images", name @ ..]) => {
            let name = name.join("/");
            let known = state.image(&name).is_some();
            state.images.retain(|image| image.id != name && image.names != [name.clone()]);
            state.images.iter_mut().for_each(|image| image.names.retain(|other| *other != name));
            if known { Reply::json(200, &json!([])) } else { Reply::message(404, "No such image") }
        }
        ("POST", ["build"]) => {
            let lines = state.builds.pop_front().unwrap_or_default();
            let image = crate::Image::new(&format!("sha256:{}", state.count()), &[]).named(&request.value("t"));
            if !lines.iter().any(|line| line.contains("\"error\"")) {
                state.images.push(image);
            }
            Reply { status: 200, body: lines.iter().flat_map(|line| format!("{line}\n").into_bytes()).collect() }
        }
        ("GET", ["containers", "json"]) => {
            let label = label(request);
            let has = |made: &Made| label.as_ref().is_none_or(|label| has_label(&made.body["Labels"], label));
            let all = state.made.iter().filter(|(_, made)| has(made));
            let all: Vec<_> = all.map(|(id, made)| json!({ "Id": id, "Labels": made.body["Labels"] })).collect();
            Reply::json(200, &json!(all))
        }
        ("POST", ["containers", "create"]) => create(state, &request.body),
        (method, ["containers", id, rest @ ..]) => container(state, request, method, id, rest),
        ("GET", ["exec", id, "json"]) => {
            let exec = state.made.get(*id).and_then(|made| made.does.exec.clone());
            Reply::json(200, &json!({ "ID": id, "Running": false, "ExitCode": exec.map_or(0, |(_, exit)| exit) }))
        }
        _ => Reply::message(404, "page not found"),
    }
}

fn version(state: &State) -> Reply {
    let about = &state.about;
    let name = if about.kind == Kind::Podman { "Podman Engine" } else { "Engine" };
    let mut said = json!({
        "Version": about.version, "ApiVersion": about.api, "Components": [{ "Name": name, "Version": about.version }],
    });
    if !about.machine.is_empty() {
        said["Arch"] = about.machine.clone().into();
    }
    Reply::json(200, &said)
}

/// The label that a list is restricted to, with its value where one is named.
fn label(request: &Request) -> Option<String> {
    let filters: Value = serde_json::from_str(&request.value("filters")).ok()?;
    filters["label"][0].as_str().map(str::to_owned)
}

fn has_label(labels: &Value, label: &str) -> bool {
    match label.split_once('=') {
        Some((key, value)) => labels[key] == value,
        None => !labels[label].is_null(),
    }
}

fn load(state: &mut State, body: &[u8]) -> Reply {
    let mut files = BTreeMap::new();
    for entry in tar::Archive::new(body).entries().expect("an archive is sent") {
        let mut entry = entry.expect("a whole archive is sent");
        let path = entry.path().expect("files have paths").display().to_string();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).expect("a whole file is sent");
        files.insert(path, content);
    }
    state.archives.push(files);
    let Load { status, lines, image } = state.loads.pop_front().expect("nobody said what comes of this image");
    state.images.retain(|known| image.as_ref().is_none_or(|image| image.id != known.id));
    state.images.extend(image);
    Reply { status, body: lines.iter().flat_map(|line| format!("{line}\n").into_bytes()).collect() }
}

fn create(state: &mut State, body: &[u8]) -> Reply {
    let body: Value = serde_json::from_slice(body).expect("a container is made of a document");
    state.bodies.push(body.clone());
    let image = body["Image"].as_str().unwrap_or_default();
    if state.image(image).is_none() {
        return Reply::message(404, &format!("No such image: {image}"));
    }
    let queue = if body["Cmd"] == json!(["true"]) { &mut state.tried } else { &mut state.next };
    let does = queue.pop_front();
    let id = state.count();
    state.made.insert(id.clone(), Made::new(does.unwrap_or_default(), body));
    Reply::json(201, &json!({ "Id": id, "Warnings": [] }))
}

fn container(state: &mut State, request: &Request, method: &str, id: &str, rest: &[&str]) -> Reply {
    let Some(made) = state.made.get_mut(id) else { return Reply::message(404, "No such container") };
    let done = || Reply { status: 204, body: Vec::new() };
    match (method, rest) {
        ("DELETE", []) => {
            state.made.remove(id);
            done()
        }
        ("GET", ["json"]) => Reply::json(200, &made.document(id)),
        ("POST", ["start"]) => match &made.does.start {
            Some((status, message)) => Reply::message(*status, message),
            None => {
                made.running = made.does.stays;
                done()
            }
        },
        ("POST", ["stop" | "kill"]) => {
            let kills = rest == ["kill"] || made.does.deaf;
            (made.running, made.exit) = (false, if kills { 137 } else { made.does.exit });
            done()
        }
        ("GET", ["archive"]) => match made.archive(&request.value("path")) {
            Some(body) => Reply { status: 200, body },
            None => Reply::message(404, "no such file"),
        },
        ("POST", ["exec"]) => Reply::json(201, &json!({ "Id": id })),
        _ => Reply::message(404, "page not found"),
    }
}
