<<<<<<< mine
provider
