;;; Loads Maxima's linear algebra from its sources. The file that this stands for, diverted to a name with .distrib, compiles them
;;; into ~/.maxima first.
(in-package :maxima)

(with-compilation-unit ()
  (dolist (name '("mring" "lu" "linalgcholesky" "eigens-by-jacobi" "linalg-extra" "matrixexp" "linalg-utilities"))
    (load (merge-pathnames (concatenate 'string name ".lisp") (maxima-load-pathname-directory)))))
