"""The certificate of a deployment's outcome: one file that an auditor is handed, and can check."""
