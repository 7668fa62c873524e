use super::{ClosureImage, ClosureLayerStep, ClosureMember, ClosurePath, ClosureTopStep, Permission};
use crate::Sealing;
use sage_oci_closure::{ClosureError, Limits, Member, plan};
use sage_oci_names::{LayerName, NameError, StorePath};
use std::collections::{BTreeMap, BTreeSet};

/// The top layer's name.
const TOP: &str = "top";

/// What a base image brings, as far as a plan depends on it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BaseContents {
    /// How many layers it has.
    pub layers: usize,
    /// The store paths in them.
    pub paths: BTreeSet<StorePath>,
}

/// The layers of a closure image, each as a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClosureSteps {
    /// Layers of store paths, bottom first.
    pub layers: Vec<ClosureLayerStep>,
    /// The layer on top of them.
    pub top: ClosureTopStep,
}

/// Why a closure has no steps.
#[derive(Debug, thiserror::Error, sage_oci_hint::Hint)]
pub enum ClosureStepError {
    /// The closure cannot be planned.
    #[error(transparent)]
    Plan(#[from] ClosureError),
    /// A path that is wanted and not in the closure.
    #[error("{path} is not in the closure that Nix gave")]
    #[hint("is it valid? `nix-store --check-validity {path}`")]
    NotInClosure {
        /// The path.
        path: StorePath,
    },
    /// A permission for something below a store path that no layer of this image holds.
    #[error("a permission names `{path}`, but no layer of this image holds that store path")]
    #[hint("name a path of `contents`; what the base image holds keeps its permissions")]
    NoSuchPath {
        /// The path.
        path: String,
    },
    /// A step that is not JSON; only a bug could do that.
    #[error("a step cannot be written as JSON")]
    #[hint(none)]
    Json {
        /// What serde says.
        source: serde_json::Error,
    },
    /// A level that the compressor has not, or a name that is none, which only a bug could do.
    #[error(transparent)]
    Name(#[from] NameError),
}

/// Plans an image and gives every layer its step.
///
/// # Errors
/// The closure lacks a wanted path, cannot be planned, the compressor has no such level, or a permission fits nothing.
pub fn split(
    image: &ClosureImage,
    contents: &[StorePath],
    members: &[ClosureMember],
    base: &BaseContents,
) -> Result<ClosureSteps, ClosureStepError> {
    let by_path: BTreeMap<&StorePath, &ClosureMember> = members.iter().map(|member| (&member.path, member)).collect();
    if let Some(path) = contents.iter().chain(&image.copy_to_root).find(|path| !by_path.contains_key(path)) {
        return Err(ClosureStepError::NotInClosure { path: path.clone() });
    }
    let plain: Vec<Member> = members
        .iter()
        .map(|member| Member {
            path: member.path.clone(),
            nar_size: member.nar_size,
            references: member.references.clone(),
        })
        .collect();
    let planned = plan(&plain, &base.paths, Limits { layers: image.max_layers, below: base.layers })?;
    let sealing = Sealing { epoch: image.created, compression: image.compression()? };
    let mut used = vec![false; image.permissions.len()];
    let mut step = |name: LayerName, paths: &[StorePath], all: bool| ClosureLayerStep {
        name,
        sealing,
        owner: image.owner,
        paths: paths.iter().filter_map(|path| by_path.get(path)).map(|member| ClosurePath::from(*member)).collect(),
        permissions: permissions(&image.permissions, paths, all, &mut used),
    };
    let layers: Vec<ClosureLayerStep> =
        planned.layers.iter().map(|layer| step(layer.name.clone(), &layer.paths, false)).collect();
    let layer = step(LayerName::parse(TOP)?, &planned.top, true);
    if let Some(at) = used.iter().position(|used| !used) {
        return Err(ClosureStepError::NoSuchPath { path: image.permissions[at].path.clone() });
    }
    let mut registration = Vec::new();
    if image.include_nix_db {
        registration = members.to_vec();
        registration.sort_by(|a, b| a.path.cmp(&b.path));
    }
    let top = ClosureTopStep {
        architecture: image.architecture,
        layer,
        copy_to_root: image.copy_to_root.clone(),
        root_files: image.root_files,
        user: image.user.clone(),
        registration,
        from_image: image.from_image.clone(),
    };
    Ok(ClosureSteps { layers, top })
}

/// The permissions below some store paths, and with `others` those outside the store.
fn permissions(all: &[Permission], paths: &[StorePath], others: bool, used: &mut [bool]) -> Vec<Permission> {
    let concerns = |permission: &Permission| match store_path(&permission.path) {
        Some(path) => paths.contains(&path),
        None => others,
    };
    let mut own = Vec::new();
    for (permission, used) in all.iter().zip(used) {
        if concerns(permission) {
            *used = true;
            own.push(permission.clone());
        }
    }
    own
}

/// The store path that a path is, or lies below.
fn store_path(path: &str) -> Option<StorePath> {
    let mut end = 0;
    for part in path.split('/').skip(1) {
        end += part.len() + 1;
        if let Ok(found) = StorePath::parse(path.get(..end)?) {
            return Some(found);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use sage_oci_hint::Hint as _;
    use sage_oci_names::{Architecture, Sha256};

    fn path(name: &str) -> StorePath {
        StorePath::parse(&format!("/nix/store/{}-{name}", "0".repeat(32))).unwrap()
    }

    fn member(name: &str, nar_size: u64, references: &[&str]) -> ClosureMember {
        let references = references.iter().map(|name| path(name)).collect();
        ClosureMember { path: path(name), nar_sha256: Sha256::new([1; 32]), nar_size, references }
    }

    fn image() -> ClosureImage {
        ClosureImage::new("x".parse().unwrap(), Architecture::Amd64)
    }

    fn permission(path: String) -> Permission {
        Permission { path, recursive: false, mode: None, uid: Some(1), gid: None, capabilities: None }
    }

    #[test]
    fn permissions_go_where_their_paths_lie() {
        let members = [member("big", 50 << 20, &[]), member("app", 10, &["big"])];
        let mut image = image();
        let places = [format!("{}/bin/x", path("big")), path("app").to_string(), "/etc/x".to_owned()];
        image.permissions = places.iter().cloned().map(permission).collect();
        let steps = split(&image, &[path("app")], &members, &BaseContents::default()).unwrap();
        let names = |layer: &ClosureLayerStep| layer.permissions.iter().map(|p| p.path.clone()).collect::<Vec<_>>();
        assert_eq!(names(&steps.layers[0]), &places[..1]);
        assert_eq!(names(&steps.top.layer), &places[1..]);
        let base = BaseContents { layers: 1, paths: [path("big")].into() };
        let error = split(&image, &[path("app")], &members, &base).unwrap_err();
        assert!(matches!(error, ClosureStepError::NoSuchPath { .. }), "{error}");
    }

    #[test]
    fn a_wanted_path_must_be_in_the_closure() {
        let error = split(&image(), &[path("gone")], &[member("a", 1, &[])], &BaseContents::default()).unwrap_err();
        assert!(matches!(&error, ClosureStepError::NotInClosure { path: missing } if *missing == path("gone")));
        assert!(error.hint().unwrap().contains("--check-validity"));
    }

    #[test]
    fn store_paths_are_found_in_paths() {
        assert_eq!(store_path(&format!("{}/a/b", path("x"))), Some(path("x")));
        assert_eq!(store_path("/etc/passwd"), None);
        assert_eq!(store_path("/nix/store"), None);
    }
}
