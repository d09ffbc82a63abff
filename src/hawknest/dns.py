"""DNS questions and answers as values, and the protocol that a resolver keeps."""
