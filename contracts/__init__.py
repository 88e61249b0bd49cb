"""Everything that crosses a wall between services: event classes, envelopes, topics, schemas and examples."""
