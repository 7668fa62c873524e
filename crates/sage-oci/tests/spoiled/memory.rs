//! What is in memory, and where.

use crate::world::{compiled, named, named_all};
use sage_oci_verify::{Nature, Variation};

#[test]
fn bytes_of_memory_that_nobody_has_set() {
    // They are zeros wherever the kernel has just given the memory, and so come out the same each time.
    let fresh =
        compiled("#include <stdio.h>\n#include <stdlib.h>\nint main(void) { fwrite(malloc(64), 1, 64, stdout); }");
    let spoil = format!("{}/program >spoiled", fresh.path().display());
    named(&spoil, Nature::Content, Variation::Memory, "has not set");
}

#[test]
fn what_was_left_in_memory() {
    // A block that was given back holds addresses of the heap's own lists.
    let source = "#include <stdio.h>\n#include <stdlib.h>\nint main(void) {\n\
        char *first = malloc(2000), *between = malloc(16);\nfree(first);\n\
        fwrite(malloc(2000), 1, 16, stdout);\nreturn between == 0; }";
    let used = compiled(source);
    let spoil = format!("{}/program >spoiled", used.path().display());
    named_all(&spoil, Nature::Content, &[Variation::Aslr, Variation::Memory], "has not set");
}

#[test]
fn an_address() {
    let own = compiled("#include <stdio.h>\nint main(void) { printf(\"%p\", (void *) main); }");
    let spoil = format!("{}/program >spoiled", own.path().display());
    named(&spoil, Nature::Content, Variation::Aslr, "an address of memory");
}
