"""What tests hold in their hands: sandboxes, played scenarios, and what to say of them."""
