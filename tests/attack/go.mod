// Only for `make attack`, `make soak` and `make million`: podgate itself needs no Go. Nothing but the standard library.
module podgate.io/attack

go 1.26.0
