"""The clinical knowledge: TOML files, loader, questionnaire, vocabulary. No Django."""
