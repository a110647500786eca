// Package build is how the project is built, tested, linted and released: the steps that the targets of the Magefile
// are made of, the system packages that they need, and the archives of a release. It works in the root of the
// repository.
package build
