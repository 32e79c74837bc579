"""An invented range of groceries: plain names without brands, one line per department."""

from geodata.floorplans.synthetic.assortment import Product

_RANGE = """
produce: apples, bananas, oranges, lemons, grapes, blueberries, strawberries, tomatoes, cucumber,
 lettuce, spinach, carrots, potatoes, onions, garlic, broccoli, cauliflower, bell pepper, mushrooms,
 avocado, ginger, fresh basil
bakery: rye bread, wheat bread, oat bread, baguette, crispbread, cinnamon buns, Karelian pasties,
 croissants, burger buns, tortillas, cheesecake
meat: minced beef, chicken breast, pork fillet, sausages, ham, bacon, meatballs, liver pate
fish: salmon fillet, smoked salmon, rainbow trout, herring, prawns, fish fingers fresh
dairy: milk, oat milk, lactose-free milk, cream, sour cream, yoghurt, quark, butter, margarine,
 cheddar, emmental, halloumi, cottage cheese, eggs, orange juice chilled
dry goods: pasta, spaghetti, basmati rice, oat flakes, muesli, wheat flour, sugar, lentils, quinoa,
 couscous, bread crumbs, yeast, baking powder
canned: tomatoes canned, chickpeas, kidney beans, sweetcorn, tuna, olives, pickles, coconut milk,
 tomato paste, pesto
spices and sauces: salt, black pepper, paprika, cinnamon, curry, soy sauce, ketchup, mustard,
 mayonnaise, olive oil, rapeseed oil, vinegar, honey, jam
coffee and tea: coffee beans, ground coffee, instant coffee, black tea, green tea, cocoa
sweets and snacks: milk chocolate, dark chocolate, liquorice, biscuits, crisps, popcorn,
 salted nuts, raisins, chewing gum
drinks: mineral water, cola, lemonade, apple juice, berry juice, beer, cider, tonic water
personal care: shampoo, soap, toothpaste, toothbrush, deodorant, sun cream, plasters, razors
baby: nappies, baby porridge, baby wipes
pets: cat food, dog food, cat litter
household: washing powder, dishwasher tablets, washing-up liquid, bin bags, kitchen paper,
 toilet paper, aluminium foil, batteries, candles, light bulbs
garden: potting soil, flower seeds, plant feed, garden gloves
frozen: frozen peas, frozen berries, ice cream, frozen pizza, chips, fish fingers, spinach frozen,
 puff pastry
"""


def groceries() -> tuple[Product, ...]:
    """All products, with SKUs `g-001`, `g-002`... and the names of their departments."""
    shelved = [
        (department.strip(), name.strip())
        for line in _RANGE.replace("\n ", " ").strip().splitlines()
        for department, _, names in [line.partition(":")]
        for name in names.split(",")
    ]
    return tuple(
        Product(f"g-{number:03}", name.capitalize(), department.replace(" ", "_"))
        for number, (department, name) in enumerate(shelved, start=1)
    )
