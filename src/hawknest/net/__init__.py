"""The world: sockets, TLS, resolvers, clocks."""
