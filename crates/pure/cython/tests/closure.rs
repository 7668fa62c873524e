//! What the scanner follows, and what it does not.

use sage_oci_cython::{Closure, ScanError, Scanner};
use std::collections::BTreeMap;

fn tree(files: &[(&str, &str)]) -> BTreeMap<String, Vec<u8>> {
    files.iter().map(|(path, content)| ((*path).to_owned(), content.as_bytes().to_vec())).collect()
}

fn closure(files: &[(&str, &str)]) -> Closure {
    Scanner::new(&tree(files)).closure(files[0].0).unwrap()
}

/// The sources of a module beside the module itself, of a tree where these files are.
fn sources(content: &str, others: &[&str]) -> Vec<String> {
    let mut files = vec![("sage/rings/a.pyx", content)];
    files.extend(others.iter().map(|path| (*path, "")));
    closure(&files).sources.into_iter().filter(|path| path != "sage/rings/a.pyx").collect()
}

const LIBRARY: [&str; 6] =
    ["sage/x.pxd", "sage/y.pxd", "sage/z.pxd", "sage/rings/b.pxd", "sage/rings/c.pxd", "sage/libs/mpfr/__init__.pxd"];

#[test]
fn every_way_to_name_a_module() {
    for (content, found) in [
        ("cimport sage.x", "sage/x.pxd"),
        // Python 2's way, which the depfile follows.
        ("cimport b", "sage/rings/b.pxd"),
        ("cimport sage.x as y, sage.z", "sage/x.pxd sage/z.pxd"),
        ("from sage.x cimport Y, Z as W", "sage/x.pxd"),
        ("from sage.x cimport *", "sage/x.pxd"),
        ("from sage.rings cimport b", "sage/rings/b.pxd"),
        ("from sage.rings cimport (b as d, # d\n  c)", "sage/rings/b.pxd sage/rings/c.pxd"),
        ("from sage.x \\\n  cimport \\\r\n  y", "sage/x.pxd"),
        ("from sage.libs.mpfr cimport *", "sage/libs/mpfr/__init__.pxd"),
        ("from .b cimport B", "sage/rings/b.pxd"),
        ("from . cimport b", "sage/rings/b.pxd"),
        ("from .. cimport x", "sage/x.pxd"),
        ("from ..libs.mpfr cimport x", "sage/libs/mpfr/__init__.pxd"),
        ("from ...sage.y cimport x", "sage/y.pxd"),
        ("from .... cimport x", ""),
        ("from ....................... cimport x", ""),
        ("import b; cimport sage.x; from sage.y cimport y", "sage/x.pxd sage/y.pxd"),
        ("IF UNAME == 'Linux': cimport sage.x\nELSE:\n\tcimport sage.y", "sage/x.pxd sage/y.pxd"),
        ("import cython.cimports.sage.x", "sage/x.pxd"),
        ("from cython.cimports.sage.rings import b", "sage/rings/b.pxd"),
        ("\u{feff}cimport sage.x\r\ncimport sage.y\x0c\n\x0ccimport sage.z", "sage/x.pxd sage/y.pxd sage/z.pxd"),
        ("cimport sage.x", "sage/x.pxd"),
        ("import sage.x\nfrom sage.y import z\nfrom sage import z", ""),
        ("cimport cython\nfrom cython cimport x\ncimport numpy\nfrom libc.math cimport sin", ""),
    ] {
        assert_eq!(sources(content, &LIBRARY).join(" "), found, "{content}");
    }
}

#[test]
fn words_in_strings_and_comments_do_not_count() {
    for content in [
        "'''\ncimport sage.x\n'''",
        "def f():\n  r\"\"\"\n  \\\"\"\" \"\n  cimport sage.x\n  \"\"\"",
        "# cimport sage.x\\\n# cimport sage.y",
        "x = 'cimport sage.x'\ny = \"\\\"; cimport sage.x\"",
        "x = 'a\\\ncimport sage.x'",
        "f(1,\ncimport, sage.x)",
        "x = b''\ny = u''''cimport sage.x; cimport sage.y''';",
        "x = f\"{'\"'}; cimport sage.x\"",
        "x = f\"{y[\"; cimport sage.x; \"]}\"",
        "x = f'{y:\">{width}}; cimport sage.x'",
        "x = f'{{\"; cimport sage.x'",
        "x = rf'''{y['''\ncimport sage.x\n''']}\ncimport sage.y\n'''",
        "x.cimport = sage.x",
        "recimport sage.x",
    ] {
        assert!(sources(content, &LIBRARY).is_empty(), "{content}");
    }
}

#[test]
fn a_string_ends_where_it_ends() {
    for content in [
        "x = ''\ncimport sage.x",
        "x = \"\"\"\\\"\"\"\"\ncimport sage.x",
        "x = 'it''s'; cimport sage.x",
        "x = \"#\"\ncimport sage.x",
        "x = c'\"'\ncimport sage.x",
        "x = f'{y!r:>{width}}'\ncimport sage.x",
        "x = f'{{{y}}}'\ncimport sage.x",
        "x = f'{y[1:2](\"}\")}'\ncimport sage.x",
        "x = 'open\ncimport sage.x",
        "x = {1: [2], (3): 4}\ncimport sage.x",
    ] {
        assert_eq!(sources(content, &LIBRARY), ["sage/x.pxd"], "{content}");
    }
}

#[test]
fn a_module_and_its_own_declarations() {
    let found = closure(&[
        ("sage/rings/a.pyx", "from sage.rings.b cimport B"),
        ("sage/rings/a.pxd", "cimport sage.x"),
        ("sage/rings/b.pxd", "from sage.rings.a cimport A\nfrom .deep.c cimport C"),
        ("sage/rings/b.pyx", "cimport sage.y"),
        ("sage/rings/deep/c.pxd", "from ..a cimport A"),
        ("sage/x.pxd", "from .rings.a cimport A"),
        ("sage/y.pxd", ""),
    ]);
    let sources = ["sage/rings/a.pxd", "sage/rings/a.pyx", "sage/rings/b.pxd", "sage/rings/deep/c.pxd", "sage/x.pxd"];
    assert_eq!(found.sources, sources.map(str::to_owned).into());
    assert_eq!(found.packages, ["sage", "sage/rings", "sage/rings/deep"].map(str::to_owned).into());
}

#[test]
fn an_included_file_is_part_of_the_one_that_includes_it() {
    let found = closure(&[
        ("sage/rings/a.pyx", "include '../libs/one.pxi'\ninclude \"sage/libs/two.pxi\"\ninclude 'numpy.pxi'"),
        ("sage/libs/one.pxi", "include 'two.pxi'\nfrom .b cimport B"),
        ("sage/libs/two.pxi", "include 'one.pxi'\ncdef extern from 'two.h': pass"),
        ("sage/rings/b.pxd", ""),
        ("sage/libs/b.pxd", ""),
    ]);
    let sources = ["sage/libs/one.pxi", "sage/libs/two.pxi", "sage/rings/a.pyx", "sage/rings/b.pxd"];
    assert_eq!(found.sources, sources.map(str::to_owned).into());
    let headers: Vec<_> = found.headers.iter().map(|header| (header.folder.as_str(), header.name.as_str())).collect();
    assert_eq!(headers, [("sage/libs", "two.h")]);
}

#[test]
fn headers_of_the_tree() {
    let files = tree(&[
        (
            "sage/rings/a.pyx",
            "cdef extern from 'a.h' namespace 'n' nogil:\n  pass\ncdef extern from \"<vector>\": pass\ncdef extern from *:\n  \"\"\"\n  \
             #include \"b.h\"\n  #include <gmp.h>\n  \"\"\"\n  pass\n'''\n#include \"no.h\"\n'''\ncdef extern int f()\n",
        ),
        ("sage/rings/a.h", "#include \"deep/c.h\"\n#include <stdio.h>"),
        ("sage/rings/a.cpp", "#include \"d.h\"\n#include \"a.h\""),
        ("sage/rings/deep/c.h", "#include \"../a.h\"\n# include <top.h>"),
        ("sage/rings/d.h", ""),
        ("sage/rings/no.h", ""),
        ("sage/libs/b.h", "#include \"b.h\""),
        ("top.h", ""),
    ]);
    let mut scanner = Scanner::new(&files);
    let closure = scanner.closure("sage/rings/a.pyx").unwrap();
    let mut local = |compiled: &[&str], include: &[&str]| {
        let found = scanner.local_headers(&closure.headers, compiled.iter().copied(), include).unwrap();
        found.into_iter().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(local(&[], &[]), "sage/rings/a.h sage/rings/deep/c.h");
    assert_eq!(local(&[], &[".", "sage/libs"]), "sage/libs/b.h sage/rings/a.h sage/rings/deep/c.h top.h");
    assert_eq!(local(&["sage/rings/a.cpp"], &[]), "sage/rings/a.h sage/rings/d.h sage/rings/deep/c.h");
}

#[test]
fn what_is_not_there_is_named() {
    let files = tree(&[]);
    let error = Scanner::new(&files).closure("sage/no.pyx").unwrap_err();
    assert_eq!(error, ScanError::NoModule { path: "sage/no.pyx".to_owned() });
}
