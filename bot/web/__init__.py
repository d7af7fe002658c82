"""Pages and probes over HTTP: health for machines, the demo's inbox for people."""
