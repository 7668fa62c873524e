/// Memory that one builder is given room for, in bytes: more than twice what the largest was measured to need (102 MB), since
/// the archives that it reads want to stay in the page cache.
pub const BUILDER_MEMORY: u64 = 256 << 20;

/// How many builds run at once, and on how many threads each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parallel {
    /// Builds at once.
    pub jobs: u32,
    /// Threads of one build.
    pub threads: u32,
}

/// Chooses from what the machine has: a build for each processor as far as memory goes, each on all processors, since large
/// layers run on alone at the end.
///
/// `memory` is what can be had without swapping, in bytes; 0 if that is not known.
pub fn parallel(processors: usize, memory: u64) -> Parallel {
    let processors = u32::try_from(processors).unwrap_or(u32::MAX).max(1);
    let room = if memory == 0 { u64::from(processors) } else { memory / BUILDER_MEMORY };
    let jobs = u32::try_from(room).unwrap_or(u32::MAX).clamp(1, processors);
    // Where not even each processor has room for a build, threads would only add buffers.
    Parallel { jobs, threads: if jobs < processors { jobs } else { processors } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_and_processors_both_bound_it() {
        let choose = |processors, memory| {
            let Parallel { jobs, threads } = parallel(processors, memory);
            (jobs, threads)
        };
        assert_eq!(choose(2, 24 << 30), (2, 2));
        assert_eq!(choose(64, 2 << 30), (8, 8));
        assert_eq!(choose(4, 300 << 20), (1, 1));
        assert_eq!(choose(4, 1), (1, 1));
        assert_eq!(choose(4, 0), (4, 4));
        assert_eq!(choose(0, 8 << 30), (1, 1));
    }
}
