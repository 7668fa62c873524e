//! Every effect of every committed lock takes place in exactly one step of an image.

use sage_oci_effects::{Document, Effect, OwnedEffect};
use sage_oci_names::Architecture;
use sage_oci_project::Project;
use sage_oci_recipe::{GenerateKind, Graph, Job, Step, Surroundings};
use std::path::Path;

/// Whether an effect takes place in a step: what it does is in the step's text. dpkg's database, which notes some effects that
/// take place elsewhere, is not asked.
fn takes_place(owned: &OwnedEffect, step: &Step) -> bool {
    match step {
        Step::Layer(step) => step.effects.contains(owned),
        Step::Bytecode(step) => {
            matches!(owned.effect, Effect::Bytecode { .. })
                && step.packages.iter().any(|package| package.name == owned.package)
        }
        Step::Generate(step) => match step.generate {
            GenerateKind::Dpkg { .. } => false,
            // It is made of all libraries, whoever asks for it.
            GenerateKind::LdCache => matches!(owned.effect, Effect::Computed { document: Document::LdCache }),
            GenerateKind::Users { .. }
            | GenerateKind::Alternatives
            | GenerateKind::Certificates
            | GenerateKind::Configuration
            | GenerateKind::Files { .. } => step.effects.contains(owned),
        },
        Step::Fetch(_)
        | Step::Source(_)
        | Step::Wheel(_)
        | Step::Root(_)
        | Step::Run(_)
        | Step::Overlay(_)
        | Step::Checkout(_)
        | Step::Image(_)
        | Step::Index(_)
        | Step::Links(_)
        | Step::Closure(_)
        | Step::ClosureLayer(_)
        | Step::ClosureTop(_)
        | Step::ClosureImage(_) => false,
    }
}

fn is_package_layer(job: &&Job) -> bool {
    matches!(job.step, Step::Layer(_))
}

#[test]
fn every_effect_of_every_committed_lock_takes_place_once() {
    let project = Project::discover(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
    let placed = project.placed_files().unwrap();
    let mut seen = 0;
    for channel in project.channels().unwrap() {
        let sources = channel.apt_sources();
        for architecture in [Architecture::Amd64, Architecture::Arm64] {
            let lock = project.lock(&channel.name, architecture).unwrap();
            for image in project.images().unwrap() {
                let resolved = project.image(&image.name, Some(&channel.name)).unwrap();
                let mut graph = Graph::default();
                let surroundings =
                    Surroundings { machine: architecture, sources: &sources, files: &placed, commit: None };
                let made = sage_oci_recipe::image(&mut graph, &lock, &resolved, surroundings).unwrap();
                // What an image that extends another one makes anew for the whole image takes the other's place.
                let jobs: Vec<&Job> = made.layers.iter().map(|layer| &graph.jobs()[layer.node.place()]).collect();
                // The layers of an image that it extends come first.
                let below = resolved.extends.as_ref().map_or(0, |base| {
                    sage_oci_recipe::image(&mut Graph::default(), &lock, base, surroundings).unwrap().layers.len()
                });
                let own: Vec<&str> = jobs[below..].iter().map(|job| job.name.as_str()).collect();
                let is_own = |job: &&Job| own.contains(&job.name.as_str());
                for owned in &lock.view(&image.name).unwrap().effects {
                    let here = || jobs.iter().copied().filter(|job| takes_place(owned, &job.step));
                    let count = match owned.effect {
                        // Every layer of packages unpacks others' files elsewhere.
                        Effect::Diversion { .. } => {
                            let own = |job: &&Job| is_package_layer(job) && (resolved.extends.is_none() || is_own(job));
                            assert_eq!(
                                here().filter(own).count(),
                                jobs.iter().copied().filter(own).count(),
                                "{owned:?}"
                            );
                            continue;
                        }
                        _ if resolved.extends.is_some() => {
                            let generated = |job: &&Job| matches!(job.step, Step::Generate(_));
                            let (below, above): (Vec<&Job>, Vec<&Job>) = here().partition(|job| !is_own(job));
                            assert!(below.len() <= 1 && above.len() <= 1, "{owned:?}");
                            // Made twice is only what is made anew.
                            assert!(below.is_empty() || above.is_empty() || above.iter().all(generated), "{owned:?}");
                            usize::from(!below.is_empty() || !above.is_empty())
                        }
                        _ => here().count(),
                    };
                    assert_eq!(count, 1, "{} of {} for {architecture}: {owned:?}", image.name, channel.name);
                    seen += 1;
                }
            }
        }
    }
    assert!(seen > 2000, "{seen}");
}
