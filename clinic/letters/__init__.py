"""The texts of messages, edited by the clinic and seen as any patient would get them."""
