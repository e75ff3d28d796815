from .alignments import alignments as alignments
from .charts import line_chart as line_chart, signal as signal, training_curve as training_curve
from .films import film as film, film_strip as film_strip
from .images import by_class as by_class, image_grid as image_grid, pairs as pairs
from .scatter import points as points
from .sheets import save as save, sheet as sheet, texts as texts, usual_ending as usual_ending
from .sound import waveform as waveform, write_wav as write_wav
from .text import text_sheet as text_sheet, write_texts as write_texts
