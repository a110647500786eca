module github.com/ostiary/ostiary

go 1.26

// Some npm packages carry Go files; they are none of ours.
ignore ./node_modules

tool github.com/magefile/mage

require github.com/magefile/mage v1.17.2 // indirect
