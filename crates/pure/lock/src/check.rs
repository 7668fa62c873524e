use crate::{FetchGroup, Lock, LockError, LockedInterpreter, LockedPackage, Reason, SuitePin, ToolPackage};
use sage_oci_names::{Architecture, LayerName, PackageName};
use std::collections::{BTreeMap, BTreeSet};

type Checked = Result<(), LockError>;

impl Lock {
    /// Checks that the lock does not contradict itself: every name that is used exists, lists are sorted and without
    /// repetitions, sums are right.
    ///
    /// # Errors
    /// [`LockError::Inconsistent`], naming the first contradiction.
    pub fn check(&self) -> Checked {
        let names: BTreeSet<&PackageName> = self.packages.iter().map(|package| &package.name).collect();
        sorted("packages", self.packages.iter().map(|package| &package.name))?;
        let said = |omitted: &crate::Omitted| (omitted.name.clone(), omitted.image.clone());
        require(self.omitted.is_sorted_by_key(said), || "omitted packages are not sorted".to_owned())?;
        require(self.omitted.windows(2).all(|pair| said(&pair[0]) != said(&pair[1])), || {
            "a package is omitted twice".to_owned()
        })?;
        self.check_suites()?;
        self.check_layers()?;
        for package in &self.packages {
            self.check_package(package, &names)?;
        }
        self.check_images()?;
        for omitted in &self.omitted {
            let name = &omitted.name;
            if let Some(image) = &omitted.image {
                // An image that stands alone has nobody whose word it would differ from: what is said of it is said of all.
                let extends = self.images.get(image).is_some_and(|plan| plan.extends.is_some());
                require(extends, || {
                    format!("package `{name}` is omitted of image `{image}`, which is unknown or extends no other")
                })?;
            }
            require(self.is_absent_somewhere(omitted), || format!("package `{name}` is locked and omitted at once"))?;
            known(&format!("omitted package `{name}`"), &omitted.wanted_by, &names)?;
        }
        for effect in &self.effects {
            known("an effect", [&effect.package], &names)?;
        }
        for (machine, interpreter) in &self.interpreters {
            self.check_interpreter(*machine, interpreter)?;
        }
        for (machine, compilers) in &self.compilers {
            self.check_tools(&format!("what compiles on {machine}"), *machine, &compilers.fetch, &compilers.packages)?;
        }
        Ok(())
    }

    fn check_suites(&self) -> Checked {
        require(!self.suites.is_empty(), || "it has no suites".to_owned())?;
        let mut names = BTreeSet::new();
        for SuitePin { suite, mirrors, .. } in &self.suites {
            require(names.insert(suite), || format!("suite `{suite}` is there twice"))?;
            require(!mirrors.is_empty(), || format!("suite `{suite}` has no mirrors"))?;
        }
        Ok(())
    }

    /// The first suite is never named, so that the same lock has one text.
    fn check_suite_of(&self, who: &str, named: Option<&String>) -> Checked {
        let Some(name) = named else { return Ok(()) };
        require(self.suites.iter().skip(1).any(|pin| pin.suite == *name), || {
            format!("{who} names the suite `{name}`, which is not one of the lock's further ones")
        })
    }

    fn check_interpreter(&self, machine: Architecture, interpreter: &LockedInterpreter) -> Checked {
        let who = format!("the interpreter for {machine}");
        let own = self.python().map(|python| python.version);
        require(own.as_ref() == Some(&interpreter.version), || {
            format!("{who} is Python {}, the images' own is {}", interpreter.version, own.unwrap_or_default())
        })?;
        self.check_tools(&who, machine, &interpreter.fetch, &interpreter.packages)
    }

    /// What runs on machines of another architecture.
    fn check_tools(&self, who: &str, machine: Architecture, fetch: &FetchGroup, packages: &[ToolPackage]) -> Checked {
        require(machine != self.architecture, || format!("{who} is there, which is the lock's own architecture"))?;
        sorted(&format!("packages of {who}"), packages.iter().map(|package| &package.name))?;
        for package in packages {
            let name = &package.name;
            // It becomes part of a file name.
            require([machine.debian(), "all"].contains(&package.architecture.as_str()), || {
                format!("package `{name}` of {who} is for architecture `{}`", package.architecture)
            })?;
            require(is_below_a_root(&package.path), || {
                format!("package `{name}` of {who} has the path `{}`", package.path)
            })?;
            self.check_suite_of(&format!("package `{name}` of {who}"), package.suite.as_ref())?;
        }
        let size = packages.iter().fold(0_u64, |sum, package| sum.saturating_add(package.size));
        require(size == fetch.size, || format!("{who} has {size} bytes of archives, its fetch says {}", fetch.size))
    }

    /// Whether an image that a package is left out of does without it.
    fn is_absent_somewhere(&self, omitted: &crate::Omitted) -> bool {
        let Some(package) = self.packages.iter().find(|package| package.name == omitted.name) else { return true };
        self.images.iter().any(|(name, plan)| {
            let base = plan.extends.as_ref().and_then(|base| self.images.get(base));
            let layers = base.iter().flat_map(|base| &base.layers).chain(&plan.layers);
            omitted.image.as_ref().is_none_or(|image| image == name) && !layers.into_iter().any(|l| *l == package.layer)
        })
    }

    fn check_layers(&self) -> Checked {
        let mut held: BTreeMap<&LayerName, (u64, usize)> = BTreeMap::new();
        for package in &self.packages {
            let (size, count) = held.entry(&package.layer).or_default();
            *size = size.saturating_add(package.size);
            *count += 1;
        }
        let mut seen = BTreeSet::new();
        for layer in &self.layers {
            let name = &layer.name;
            require(seen.insert(name), || format!("layer `{name}` is there twice"))?;
            let (size, _) =
                held.get(name).ok_or_else(|| LockError::inconsistent(format!("layer `{name}` is empty")))?;
            require(*size == layer.fetch.size, || {
                format!("layer `{name}` has {size} bytes of archives, its fetch says {}", layer.fetch.size)
            })?;
        }
        Ok(())
    }

    fn check_package(&self, package: &LockedPackage, names: &BTreeSet<&PackageName>) -> Checked {
        let name = &package.name;
        let who = format!("package `{name}`");
        let layer = self.layers.iter().find(|layer| layer.name == package.layer);
        let layer = layer.ok_or_else(|| LockError::inconsistent(format!("{who} is in no known layer")))?;
        require(layer.sources.contains(&package.source), || {
            format!("{who} is in layer `{}`, which does not list its source `{}`", layer.name, package.source)
        })?;
        // It becomes part of a file name.
        require([self.architecture.debian(), "all"].contains(&package.architecture.as_str()), || {
            format!("{who} is for architecture `{}`, the lock for {}", package.architecture, self.architecture)
        })?;
        require(is_below_a_root(&package.path), || format!("{who} has the path `{}`", package.path))?;
        self.check_suite_of(&who, package.suite.as_ref())?;
        sorted(&format!("what {name} depends on"), &package.depends)?;
        known(&who, &package.depends, names)?;
        known(&who, package.replaced.values(), names)?;
        if let Reason::RequiredBy(by) = &package.reason {
            known(&who, [by], names)?;
        }
        Ok(())
    }

    fn check_images(&self) -> Checked {
        for (image, plan) in &self.images {
            if let Some(base) = &plan.extends {
                let known = self.images.get(base).is_some_and(|base| base.extends.is_none());
                require(known, || format!("image `{image}` extends `{base}`, which does not stand alone"))?;
                let shared =
                    self.images.get(base).and_then(|base| plan.layers.iter().find(|l| base.layers.contains(l)));
                require(shared.is_none(), || format!("image `{image}` repeats layers of `{base}`"))?;
            }
            let mut order = self.layers.iter().map(|layer| &layer.name);
            for layer in &plan.layers {
                // Each image has some of the layers, in the one order.
                require(order.any(|name| name == layer), || {
                    format!("image `{image}` has layer `{layer}`, which is unknown, there twice or out of order")
                })?;
            }
            let mut held = BTreeSet::new();
            for (bytecode, layers) in &plan.bytecode {
                require(!self.layers.iter().any(|layer| layer.name == *bytecode), || {
                    format!("byte-code layer `{bytecode}` of image `{image}` has a package layer's name")
                })?;
                for layer in layers {
                    require(plan.layers.contains(layer) && held.insert(layer), || {
                        format!(
                            "byte-code layer `{bytecode}` of image `{image}` names layer `{layer}`, which the image lacks or has elsewhere"
                        )
                    })?;
                }
            }
        }
        Ok(())
    }
}

fn require(holds: bool, what: impl FnOnce() -> String) -> Checked {
    if holds { Ok(()) } else { Err(LockError::inconsistent(what())) }
}

fn sorted<'a, T: Ord + std::fmt::Display + 'a>(what: &str, items: impl IntoIterator<Item = &'a T>) -> Checked {
    let mut last: Option<&T> = None;
    for item in items {
        require(last.is_none_or(|last| last < item), || format!("{what} are not sorted at `{item}`"))?;
        last = Some(item);
    }
    Ok(())
}

fn known<'a>(who: &str, wanted: impl IntoIterator<Item = &'a PackageName>, names: &BTreeSet<&PackageName>) -> Checked {
    match wanted.into_iter().find(|name| !names.contains(name)) {
        None => Ok(()),
        Some(name) => Err(LockError::inconsistent(format!("{who} refers to `{name}`, which is not locked"))),
    }
}

/// Whether a path can be put behind a mirror's root and stays there.
fn is_below_a_root(path: &str) -> bool {
    !path.is_empty() && path.split('/').all(|part| !part.is_empty() && part != "." && part != "..")
}
