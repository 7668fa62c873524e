//! Which modules are compiled, in which layer.

use crate::project::{Made, Project, effect, names};
use sage_oci_recipe::{BytecodeStep, Step};

fn step<'m>(made: &'m Made, layer: &str) -> &'m BytecodeStep {
    match &made.job(&format!("layer-{layer}")).step {
        Step::Bytecode(step) => step,
        other => panic!("{other:?}"),
    }
}

/// The folders of a package in a layer of byte-code.
fn folders(made: &Made, layer: &str, package: &str) -> Vec<String> {
    let mut packages = step(made, layer).packages.iter();
    packages.find(|known| known.name.as_str() == package).unwrap().directories.clone()
}

fn compile(project: &mut Project, package: &str, folders: &str) {
    project.lock.effects.push(effect(package, &format!(r#"{{"kind":"bytecode","directories":[{folders}]}}"#)));
}

#[test]
fn a_package_that_names_no_folders_has_debian_s_public_ones() {
    let made = Project::new().made("tool");
    assert_eq!(folders(&made, "bytecode-rest", "tool"), ["/usr/lib/python3.14", "/usr/lib/python3/dist-packages"]);
    assert_eq!(folders(&made, "bytecode-python", "libpython3.14-stdlib"), ["/usr/lib/python3.14"]);
}

#[test]
fn folders_of_several_effects_add_up_sorted_and_once() {
    let made = Project::with(|project| {
        compile(project, "tool", r#""/usr/share/tool","/a""#);
        compile(project, "tool", r#""/a""#);
    })
    .made("tool");
    assert_eq!(
        folders(&made, "bytecode-rest", "tool"),
        ["/a", "/usr/lib/python3.14", "/usr/lib/python3/dist-packages", "/usr/share/tool"]
    );
}

#[test]
fn packages_stand_by_name_and_bring_what_is_replaced() {
    let made = Project::with(|project| {
        compile(project, "python3.14-minimal", r#""/b""#);
        compile(project, "python3-minimal", r#""/c""#);
        project.package("python3-minimal").replaced.insert("usr/x".to_owned(), "tool".parse().unwrap());
    })
    .made("tool");
    let step = step(&made, "bytecode-python");
    assert_eq!(
        names(step.packages.iter().map(|package| &package.name)),
        ["libpython3.14-stdlib", "python3-minimal", "python3.14-minimal"]
    );
    let replaced: Vec<usize> = step.packages.iter().map(|package| package.replaced.len()).collect();
    assert_eq!(replaced, [0, 1, 0]);
    let archives: Vec<String> = step.packages.iter().map(|package| made.read(&package.archive)).collect();
    assert_eq!(archives[1], "debs-python/python3-minimal_3.14.1-2_amd64.deb");
}

#[test]
fn one_layer_of_byte_code_may_hold_those_of_several() {
    let made = Project::with(|project| {
        let plan = project.plan("tool");
        plan.bytecode.clear();
        plan.bytecode.insert("bytecode-rest".parse().unwrap(), ["python", "tool"].map(|l| l.parse().unwrap()).into());
    })
    .made("tool");
    assert_eq!(
        names(step(&made, "bytecode-rest").packages.iter().map(|package| &package.name)),
        ["libpython3.14-stdlib", "tool"]
    );
    assert!(!made.layers().contains(&"bytecode-python"));
}

#[test]
fn layers_of_byte_code_stand_by_name_above_all_packages() {
    let made = Project::with(|project| {
        let plan = project.plan("tool");
        let rest = plan.bytecode.remove(&"bytecode-rest".parse().unwrap()).unwrap();
        plan.bytecode.insert("bytecode-a".parse().unwrap(), rest);
    })
    .made("tool");
    assert_eq!(made.layers()[..6], ["base", "python", "tool", "bytecode-a", "bytecode-python", "users"]);
}

#[test]
fn a_layer_of_byte_code_without_modules_is_not_made() {
    let made = Project::with(|project| project.lock.effects.retain(|owned| owned.package.as_str() != "tool"));
    let made = made.made("tool");
    assert!(made.layers().contains(&"bytecode-python") && !made.layers().contains(&"bytecode-rest"));
}

#[test]
fn no_python_is_asked_for_where_nothing_is_compiled() {
    let project = Project::with(|project| {
        project.plan("tool").bytecode.clear();
        project.lock.effects.retain(|owned| !matches!(owned.effect, sage_oci_effects::Effect::Bytecode { .. }));
        project.plan("tool").sources.clear();
        let wheels = project.tool.find("[[wheels]]").unwrap();
        project.tool.truncate(wheels);
        project.forget("python3-minimal");
    });
    assert!(!project.made("tool").layers().iter().any(|layer| layer.starts_with("bytecode")));
}

#[test]
fn the_python_is_of_the_version_that_the_image_has() {
    let project = Project::with(|project| {
        for package in &mut project.lock.packages {
            let text = |name: &str| name.replace("3.14", "3.9");
            package.name = text(package.name.as_str()).parse().unwrap();
            package.depends = package.depends.iter().map(|name| text(name.as_str()).parse().unwrap()).collect();
        }
        for owned in &mut project.lock.effects {
            owned.package = owned.package.as_str().replace("3.14", "3.9").parse().unwrap();
        }
    });
    let made = project.made("tool");
    let step = step(&made, "bytecode-rest");
    assert_eq!(step.interpreter.version, "3.9");
    assert_eq!(folders(&made, "bytecode-rest", "tool"), ["/usr/lib/python3.9", "/usr/lib/python3/dist-packages"]);
}
